"""What every ImageModel does: a prompt and pictures in, pictures out, or a plain refusal."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.adapters.models import local_styles
from app.adapters.models.gemini import GeminiImages
from app.adapters.models.local import LocalImages
from app.core.errors import Unavailable, Unprocessable
from app.core.pictures import ImageRequest, ModelUsage, Picture
from app.core.ports.models import ImageModel
from tests import pictures
from tests.contract.imagings import LOCAL_MODELS
from tests.edge import worker_clients
from tests.fakes.gemini import KEY, FakeGemini

MODEL = "gemini-3.1-flash-image"
PROMPTS = ("Oil painting", "Watercolour", "Pencil sketch", "Pop art", "Stained mosaic", "Night ink", "Pixel art")


@pytest.fixture(scope="module")
def fake() -> Iterator[tuple[FakeGemini, str]]:
    gemini = FakeGemini()
    with gemini.serving() as url:
        yield gemini, url


GEMINIS: dict[str, Callable[..., ImageModel]] = {"gemini": GeminiImages, "gemini in workerd": worker_clients.Gemini}


@pytest.fixture(params=GEMINIS)
def gemini(request: pytest.FixtureRequest) -> Callable[..., ImageModel]:
    """Made with a key, the model's name, base_url and, in seconds, timeout."""
    return GEMINIS[request.param]


@pytest.fixture(params=[*LOCAL_MODELS, *GEMINIS])
def model(request: pytest.FixtureRequest, fake: tuple[FakeGemini, str]) -> ImageModel:
    if request.param in LOCAL_MODELS:
        return LOCAL_MODELS[request.param]()
    fake[0].mode = "ok"
    return GEMINIS[request.param](KEY, MODEL, base_url=fake[1])


def ask(
    prompt: str = "Oil painting of this photo", width: int = 240, height: int = 320, **changes: Any
) -> ImageRequest:
    photo = pictures.scene().crop((140, 0, 500, 480)).resize((240, 320))
    sent = [Picture(pictures.encoded(photo, "PNG"), "image/png", 240, 320)]
    return replace(ImageRequest(prompt, sent, width, height), **changes)


def pixels(encoded: bytes) -> NDArray[np.int32]:
    with Image.open(io.BytesIO(encoded)) as image:
        return np.asarray(image.convert("RGB"), np.int32)


def aspect(encoded: bytes) -> float:
    height, width, _ = pixels(encoded).shape
    return width / height


def test_a_photo_becomes_another_picture_of_its_aspect(model: ImageModel) -> None:
    answer = asyncio.run(model.render(ask()))
    seen, photo = pixels(answer.picture), pixels(ask().pictures[0].data)
    assert seen.shape[1] / seen.shape[0] == pytest.approx(0.75, abs=0.01)
    assert np.abs(np.asarray(Image.fromarray(seen.astype(np.uint8)).resize((240, 320)), np.int32) - photo).mean() > 10
    assert (len(answer.pictures), answer.model) == (1, model.name)
    assert model.service in ("local", "gemini")
    assert answer.usage.cost_micros >= 0


def test_several_pictures_can_be_asked_for_at_once(model: ImageModel) -> None:
    answer = asyncio.run(model.render(ask(count=3)))
    assert len(answer.pictures) == 3
    assert all(
        pixels(picture).shape[1] / pixels(picture).shape[0] == pytest.approx(0.75, abs=0.01)
        for picture in answer.pictures
    )
    assert answer.usage.cost_micros == 3 * asyncio.run(model.render(ask())).usage.cost_micros


def test_more_pictures_than_one_can_be_sent(model: ImageModel) -> None:
    (first,) = ask().pictures
    other = Picture(pictures.encoded(pictures.scene().resize((64, 64)), "PNG"), "image/png", 64, 64)
    answer = asyncio.run(model.render(ask(pictures=[first, other])))
    assert aspect(answer.picture) == pytest.approx(0.75, abs=0.01)


@pytest.fixture
def local() -> ImageModel:
    return LOCAL_MODELS["local"]()


def test_the_same_question_gets_the_same_answer(local: ImageModel) -> None:
    first, second = (asyncio.run(make.render(ask("Watercolour"))).picture for make in (local, LOCAL_MODELS["local"]()))
    assert first == second


def test_pictures_of_one_request_differ_and_the_same_seed_gives_them_again(local: ImageModel) -> None:
    first, again = (asyncio.run(local.render(ask("Pencil", count=2, seed=7))).pictures for _ in range(2))
    assert first == again
    assert first[0] != first[1]
    assert asyncio.run(local.render(ask("Pencil", seed=8))).picture == first[1]


def test_the_local_model_says_that_it_needs_a_picture(local: ImageModel) -> None:
    with pytest.raises(Unprocessable) as refusal:
        asyncio.run(local.render(ask(pictures=[])))
    assert refusal.value.code == "picture_needed"


def test_every_style_looks_different(local: ImageModel) -> None:
    seen = [pixels(asyncio.run(local.render(ask(prompt))).picture) for prompt in PROMPTS]
    for at, one in enumerate(seen):
        assert one.std() > 15
        for other in seen[at + 1 :]:
            assert np.abs(one - other).mean() > 12


def test_the_answer_fills_the_size_asked_for(local: ImageModel) -> None:
    assert pixels(asyncio.run(local.render(ask("Pencil", 500, 500))).picture).shape == (667, 500, 3)


def test_odd_sizes_are_painted_whole(local: ImageModel) -> None:
    assert pixels(asyncio.run(local.render(ask("Oil", 203, 271))).picture).shape == (271, 203, 3)


@pytest.mark.parametrize(
    ("prompt", "look"),
    [
        ("Oil painting of this photo, not a pencil drawing", "oil"),
        ("a WATERCOLOR, please", "watercolour"),
        ("Pencil sketch, no colour", "pencil"),
        ("Pop art print with bright inks", "pop"),
        ("Stained glass mosaic", "mosaic"),
        ("Night scene in blue ink", "night"),
        ("8-bit game", "pixel"),
    ],
)
def test_the_first_word_that_names_a_look_decides(prompt: str, look: str) -> None:
    assert local_styles.choose(prompt) == look


def test_a_prompt_that_names_no_look_is_painted_always_the_same_way() -> None:
    chosen = {local_styles.choose("make it nice for my drinking friend") for _ in range(3)}
    assert len(chosen) == 1
    assert chosen <= set(local_styles.PAINTED)


def test_without_its_extra_the_local_model_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalImages, "available", staticmethod(lambda: False))
    with pytest.raises(Unavailable):
        asyncio.run(LocalImages.render(LocalImages.__new__(LocalImages), ask()))


@pytest.mark.parametrize("mode", ["refuse", "blocked"])
def test_a_photo_that_gemini_declines_is_refused_for_good(
    gemini: Callable[..., ImageModel], fake: tuple[FakeGemini, str], mode: str
) -> None:
    fake[0].mode = mode
    with pytest.raises(Unprocessable) as refusal:
        asyncio.run(gemini(KEY, MODEL, base_url=fake[1]).render(ask()))
    assert (refusal.value.code, refusal.value.retryable) == ("ai_refused", False)


@pytest.mark.parametrize("mode", ["429", "500", "503", "slow"])
def test_a_busy_or_broken_gemini_can_be_asked_again(
    gemini: Callable[..., ImageModel], fake: tuple[FakeGemini, str], mode: str
) -> None:
    fake[0].mode = mode
    with pytest.raises(Unavailable) as fault:
        asyncio.run(gemini(KEY, MODEL, base_url=fake[1], timeout=0.5 if mode == "slow" else 30).render(ask()))
    assert fault.value.retryable


def test_without_a_key_no_photo_is_sent(gemini: Callable[..., ImageModel], fake: tuple[FakeGemini, str]) -> None:
    fake[0].mode = "ok"
    before = len(fake[0].asked)
    with pytest.raises(Unprocessable) as fault:
        asyncio.run(gemini("", MODEL, base_url=fake[1]).render(ask()))
    assert (fault.value.code, len(fake[0].asked)) == ("no_image_model", before)


def test_nobody_there_can_be_asked_again(gemini: Callable[..., ImageModel]) -> None:
    with pytest.raises(Unavailable):
        asyncio.run(gemini(KEY, MODEL, base_url="http://127.0.0.1:9").render(ask()))


@pytest.mark.parametrize("key", [KEY, "another-key-93aa"])
def test_no_error_of_gemini_tells_the_key(
    gemini: Callable[..., ImageModel], fake: tuple[FakeGemini, str], key: str
) -> None:
    fake[0].mode = "500"
    with pytest.raises(Unavailable) as fault:
        asyncio.run(gemini(key, MODEL, base_url=fake[1]).render(ask()))
    assert key not in str(fault.value)
    assert fault.value.__cause__ is None
    assert fault.value.__suppress_context__


def test_gemini_is_asked_with_the_prompt_the_photo_and_the_nearest_aspect(
    gemini: Callable[..., ImageModel], fake: tuple[FakeGemini, str]
) -> None:
    fake[0].mode = "ok"
    answer = asyncio.run(gemini(KEY, MODEL, base_url=fake[1]).render(ask("In oil", 1024, 1448)))
    asked = fake[0].asked[-1]
    parts = asked["contents"][0]["parts"]  # type: ignore[index]
    assert {"text": "In oil"} in parts
    assert asked["generationConfig"]["imageConfig"]["aspectRatio"] == "3:4"  # type: ignore[index]
    assert answer.usage == ModelUsage(67_000, 1290, 1120)


def test_gemini_is_asked_from_words_alone_and_with_a_seed_for_each_picture(
    gemini: Callable[..., ImageModel], fake: tuple[FakeGemini, str]
) -> None:
    fake[0].mode = "ok"
    before = len(fake[0].asked)
    answer = asyncio.run(gemini(KEY, MODEL, base_url=fake[1]).render(ask("A ring", pictures=[], count=2, seed=7)))
    asked = fake[0].asked[before:]
    assert len(answer.pictures) == 2
    assert [each["contents"][0]["parts"] for each in asked] == [[{"text": "A ring"}]] * 2  # type: ignore[index]
    assert {each["generationConfig"]["seed"] for each in asked} == {7, 8}  # type: ignore[index]


def test_what_gemini_did_make_counts_when_it_declines_one_of_several(
    gemini: Callable[..., ImageModel], fake: tuple[FakeGemini, str]
) -> None:
    fake[0].mode, fake[0].next = "ok", ["refuse"]
    answer = asyncio.run(gemini(KEY, MODEL, base_url=fake[1]).render(ask(count=3)))
    assert len(answer.pictures) == 2
    assert answer.usage.cost_micros == 2 * 67_000
