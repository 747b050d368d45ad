"""The site's own endpoints as its player reaches them: in this process, whatever name the visitor knows the site by."""

from collections.abc import AsyncIterator

import httpx

from pipeline.endpoint.keeper import keeper


class OwnEndpoints(httpx.AsyncBaseTransport):
    """What answers in place of the network for the site's own host: its endpoints, and 404 for everything else."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name: value for name, value in request.headers.items() if name != "accept-encoding"}
        heard = await keeper.ask(request.url.path, request.url.query, headers)
        if heard is None:
            raise httpx.ConnectError("this site's endpoints are not open in this process", request=request)
        return httpx.Response(
            heard.status, headers=list(heard.headers), stream=_Body(heard.body), request=request
        )


class _Body(httpx.AsyncByteStream):
    """A body that is read like one from the network."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body
