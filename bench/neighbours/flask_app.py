"""The four queries on Flask, to be run by gunicorn: `flask_app:app`, SETTINGS in the environment."""

import json
import os

from flask import Flask, Response, request
from market import Market, encoded

app = Flask(__name__)
market = Market(json.loads(os.environ["SETTINGS"]))


def send(body):
    sent, headers = encoded(body, request.headers.get("Accept-Encoding"))
    return Response(sent, headers=headers, mimetype="application/json")


@app.get("/api/funding/current")
def current():
    return send(market.list())


@app.get("/api/funding/symbol/<base>")
def symbol(base):
    return send(market.symbol(base))


@app.get("/api/funding/arb")
def arb():
    return send(market.arb())
