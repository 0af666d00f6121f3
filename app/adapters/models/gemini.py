"""The ImageModel port on Google's Gemini models, using google-genai. The API key is sent in a header, not a URL."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.adapters.http_transport import platform_transport
from app.core.errors import Unavailable, Unprocessable
from app.core.pictures import ImageAnswer, ImageRequest, ModelUsage

if TYPE_CHECKING:
    import httpx
    from google.genai import types

_TIMEOUT = 120.0  # seconds per picture, which normally takes 5 to 30
# Google's list price of a picture of about one megapixel, in micro-dollars (autumn 2026). The cost of other models is
# unknown and counts as 0.
_PRICES = {
    "gemini-2.5-flash-image": 39_000,
    "gemini-3.1-flash-image": 67_000,
    "gemini-3-pro-image": 134_000,
}
_ASPECTS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
_REFUSED = "This photo cannot be used with this style. Try another photo or another style."


class GeminiImages:
    """Makes pictures from a prompt and input pictures. `base_url` selects another endpoint."""

    service = "gemini"

    def __init__(self, api_key: str, model: str, *, base_url: str | None = None, timeout: float = _TIMEOUT) -> None:
        self.name = model
        self._key, self._base_url, self._timeout = api_key, base_url, timeout

    async def render(self, request: ImageRequest) -> ImageAnswer:
        """Make one concurrent call per requested picture, since the model returns one picture per call.

        The answer contains the pictures of the calls that succeeded. If none did, raises Unavailable, or Unprocessable
        with `ai_refused` if the model declines the request. Raises Unprocessable with `no_image_model` without a key,
        before any picture is sent.
        """
        if not self._key:
            raise Unprocessable("This shop cannot make pictures yet. Contact the shop.", code="no_image_model")
        seeds = [None if request.seed is None else request.seed + at for at in range(request.count)]
        answers = await asyncio.gather(
            *[self._request_picture(request, seed) for seed in seeds], return_exceptions=True
        )
        made = [answer for answer in answers if isinstance(answer, ImageAnswer)]
        if not made:
            raise next(answer for answer in answers if isinstance(answer, BaseException))
        pictures = tuple(answer.picture for answer in made)
        return ImageAnswer(pictures, self.name, sum((answer.usage for answer in made), ModelUsage()))

    async def _request_picture(self, request: ImageRequest, seed: int | None) -> ImageAnswer:
        answer = await self._generate(request, seed)
        picture = _picture(answer)
        if picture is None:
            raise Unprocessable(_REFUSED, code="ai_refused")
        counted = answer.usage_metadata
        return ImageAnswer(
            (picture,),
            self.name,
            ModelUsage(
                _PRICES.get(self.name, 0),
                (counted and counted.prompt_token_count) or 0,
                (counted and counted.candidates_token_count) or 0,
            ),
        )

    async def _generate(self, request: ImageRequest, seed: int | None) -> types.GenerateContentResponse:
        import httpx
        from google import genai
        from google.genai import errors, types

        pictures = [types.Part.from_bytes(data=each.data, mime_type=each.mime) for each in request.pictures]
        prompt_parts: list[types.PartUnionDict] = [*pictures, request.prompt]
        config = types.GenerateContentConfig(
            response_modalities=["IMAGE"],
            seed=seed,
            image_config=types.ImageConfig(aspect_ratio=_nearest_aspect(request.width, request.height)),
        )
        try:
            async with asyncio.timeout(self._timeout), _client(self._timeout) as http:
                options = _options(self._base_url, http)
                client = genai.Client(api_key=self._key, enterprise=False, http_options=options)
                return await client.aio.models.generate_content(model=self.name, contents=prompt_parts, config=config)
        # "from None", because Google's messages may contain the prompt or the project name, and tracebacks get logged.
        except errors.APIError as error:
            raise Unavailable(
                f"The image service answered with error {error.code}. Try again in a few minutes."
            ) from None
        except (httpx.HTTPError, OSError, TimeoutError):
            raise Unavailable("The image service does not answer. Try again in a few minutes.") from None


def _options(base_url: str | None, http: httpx.AsyncClient) -> types.HttpOptions:
    """HTTP options with a synchronous client too. It is never used, but Google's default one would need sockets."""
    import httpx
    from google.genai import types

    unused = httpx.Client(transport=httpx.BaseTransport())
    return types.HttpOptions(base_url=base_url, api_version="v1beta", httpx_client=unused, httpx_async_client=http)


def _client(timeout: float) -> httpx.AsyncClient:
    import httpx

    return httpx.AsyncClient(timeout=timeout, transport=platform_transport())


def _picture(answer: types.GenerateContentResponse) -> bytes | None:
    """The first picture of the answer; None if the input or the result was blocked as unsafe."""
    for candidate in answer.candidates or []:
        for part in (candidate.content and candidate.content.parts) or []:
            if part.inline_data and part.inline_data.data and not part.thought:
                return part.inline_data.data
    return None


def _nearest_aspect(width: int, height: int) -> str:
    """The supported aspect ratio nearest to width:height. The caller crops the result."""

    def distance(aspect: str) -> float:
        across, down = map(int, aspect.split(":"))
        ratio = (width * down) / (height * across)
        return max(ratio, 1 / ratio)

    return min(_ASPECTS, key=distance)
