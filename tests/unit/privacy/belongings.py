"""Who owns what in a shop, thought out anew: plain sets, no SQL."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from app.core.ids import new_id

CUSTOMERS = ("90017001", "90017002", "90017003")


@dataclass
class Design:
    """By a customer with an account, or in a browser; `photo` is a number that several of the same owner share.

    `order` is set for the final of an order's line, which has a print file and no photo.
    """

    owner: str | None
    browser: int | None
    photo: int | None
    order: Order | None = None
    id: str = field(default_factory=new_id)
    files: list[str] = field(default_factory=list)


@dataclass
class Line:
    chosen: Design | None
    proposed: Design | None
    final: Design | None
    id: str = field(default_factory=new_id)

    @property
    def meant(self) -> list[Design]:
        return [design for design in (self.chosen, self.proposed) if design]


@dataclass
class Order:
    customer: str | None
    lines: list[Line]
    is_paid: bool = True
    id: str = field(default_factory=new_id)


@dataclass
class Belongings:
    """One shop's. `files` are keys by id."""

    shop_id: str
    designs: list[Design]
    orders: list[Order]
    files: dict[str, str] = field(default_factory=dict)

    def designs_of(self, customer: str) -> list[Design]:
        """Theirs by account; of a guest, what they alone ordered, and all that was made where they alone ordered."""
        return [design for design in self.designs if self._is_of(design, customer)]

    def orders_of(self, customer: str) -> list[Order]:
        return [order for order in self.orders if order.customer == customer]

    def handed_out_of(self, customer: str) -> set[str]:
        """Those of their files that they may have: a full picture or a print file only once it was paid for.

        It is a paid order's line that says so. When the one who ordered is deleted, their lines name no design any
        more, and the account that made it gets its preview alone: nothing shows any longer that it was paid for.
        """
        return {
            file
            for design in self.designs_of(customer)
            for file in design.files
            if ("/master_" not in self.files[file] or self._is_sold(design))
            and ("/print_" not in self.files[file] or self._is_printed(design))
        }

    def forget(self, customer: str) -> None:
        """As a redaction should: what else came from a browser of theirs and others' is nobody's then."""
        mine = self.designs_of(customer)
        shared = [design for design in self.designs if self._is_shared(design.browser, customer)]
        for design in shared:
            if not design.owner and not design.order and not self._buyers(design) - {customer} and design not in mine:
                design.browser = None
        gone = {file for design in mine for file in design.files}
        for order in self.orders:
            theirs = order.customer == customer
            order.lines = [_emptied(line) if theirs or _names(line, mine) else line for line in order.lines]
            order.lines = [replace(line, proposed=None) if line.proposed in mine else line for line in order.lines]
            order.customer = None if theirs else order.customer
        self.designs = [design for design in self.designs if design not in mine]
        for design in self.designs:
            design.files = [file for file in design.files if file not in gone]
        self.files = {file: key for file, key in self.files.items() if file not in gone}

    def _is_sold(self, design: Design) -> bool:
        return any(
            line.chosen is design and line.final for order in self.orders if order.is_paid for line in order.lines
        )

    def _is_printed(self, design: Design) -> bool:
        return any(line.final is design for order in self.orders if order.is_paid for line in order.lines)

    def _is_of(self, design: Design, customer: str) -> bool:
        if design.owner:
            return design.owner == customer
        if design.order and design.order.customer != customer:
            return False
        if self._buyers(design) - {customer}:
            return False
        ordered = customer in self._buyers(design) or bool(design.order)
        return ordered or (design.browser is not None and self._buyers_in(design.browser) == {customer})

    def _buyers(self, design: Design) -> set[str | None]:
        return {order.customer for order in self.orders for line in order.lines if design in line.meant}

    def _is_shared(self, browser: int | None, customer: str) -> bool:
        buyers = self._buyers_in(browser) if browser is not None else set()
        return customer in buyers and len(buyers) > 1

    def _buyers_in(self, browser: int) -> set[str | None]:
        return {buyer for design in self.designs if design.browser == browser for buyer in self._buyers(design)}


def _names(line: Line, designs: list[Design]) -> bool:
    return line.chosen in designs or line.final in designs


def _emptied(line: Line) -> Line:
    return replace(line, chosen=None, proposed=None, final=None)
