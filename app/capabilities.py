"""The registry of the app's packages: one record for each, in the order of the navigation.

To add a capability, add a folder and a record here. Handlers, the job runner, the schema and privacy read this tuple;
packages below this module get it as `App.capabilities`.
"""

from __future__ import annotations

from app.core.capability import Capability, Count, NavLink, Subscriber

_ORDER = Subscriber("personalization.take_order", "app.personalization:order_fields")
_CHANGED_ORDER = Subscriber("personalization.reread_order", "app.personalization:changed_order_fields")

CAPABILITIES = (
    Capability(
        "shops",
        tables="app.shops.tables",
        job_kinds="app.shops.jobs:KINDS",
        topics={
            "app/uninstalled": Subscriber("shops.uninstall", "app.shops:uninstalled_fields"),
            "app/scopes_update": Subscriber("shops.rescope", "app.shops:scopes_fields"),
        },
        sweeps=("app.shops:keep_tokens", "app.shops:reseal_tokens"),
        nav=(NavLink("/", "Home"),),
    ),
    Capability(
        "catalog",
        tables="app.catalog.tables",
        job_kinds="app.catalog.jobs:KINDS",
        topics={
            "products/update": Subscriber("catalog.update_product", "app.catalog:product_fields"),
            "products/delete": Subscriber("catalog.delete_product", "app.catalog:deleted_product_fields"),
        },
        scopes=("read_products",),
    ),
    Capability("media", tables="app.media.tables", sweeps=("app.media:sweep_uploads",)),
    Capability("quotas", tables="app.quotas.tables"),
    Capability(
        "generation",
        tables="app.generation.tables",
        sweeps=("app.generation:sweep_usage",),
        notices=("app.generation:notices",),
    ),
    Capability("jobs", tables="app.jobs.tables"),
    Capability("render_workers"),
    Capability("notifications", job_kinds="app.notifications.jobs:KINDS"),
    Capability(
        "personalization",
        tables="app.personalization.tables",
        job_kinds="app.personalization.jobs:KINDS",
        topics={
            **dict.fromkeys(("orders/create", "orders/paid", "orders/cancelled"), _ORDER),
            **dict.fromkeys(("orders/edited", "refunds/create"), _CHANGED_ORDER),
        },
        personal_data="app.personalization.privacy:PERSONAL_DATA",
        notices=("app.personalization:notices",),
        counts=(
            Count(
                "artify_previews",
                "Previews requested in the last hour.",
                ("status",),
                "app.personalization:previews_by_status",
            ),
        ),
        nav=(
            NavLink("/products", "Products"),
            NavLink("/blanks", "Blanks"),
            NavLink("/styles", "Styles"),
            NavLink("/watermark", "Watermark"),
            NavLink("/orders", "Orders"),
        ),
        scopes=("write_app_proxy", "write_orders"),
    ),
    Capability(
        "privacy",
        tables="app.privacy.tables",
        job_kinds="app.privacy.jobs:KINDS",
        topics={
            "customers/data_request": Subscriber("privacy.take_request", "app.privacy:data_request_fields"),
            "customers/redact": Subscriber("privacy.take_request", "app.privacy:customer_redact_fields"),
            "shop/redact": Subscriber("privacy.redact_shop", "app.privacy:shop_redact_fields"),
        },
        sweeps=("app.privacy:sweep", "app.privacy:scrub"),
        nav=(NavLink("/usage", "Usage"), NavLink("/privacy", "Privacy"), NavLink("/settings", "Settings")),
    ),
)
