"""The four queries on FastAPI, to be run by uvicorn: `fastapi_app:app`, SETTINGS in the environment."""

import json
import os

from fastapi import FastAPI, Request, Response
from market import Market, encoded

app = FastAPI()
market = Market(json.loads(os.environ["SETTINGS"]))


def send(request, body):
    sent, headers = encoded(body, request.headers.get("accept-encoding"))
    return Response(sent, headers=headers, media_type="application/json")


# On one core a thread pool gains nothing: the work is done on the thread that reads the request.
@app.get("/api/funding/current")
async def current(request: Request):
    return send(request, market.list())


@app.get("/api/funding/symbol/{base}")
async def symbol(request: Request, base: str):
    return send(request, market.symbol(base))


@app.get("/api/funding/arb")
async def arb(request: Request):
    return send(request, market.arb())
