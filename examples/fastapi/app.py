"""Codes in a FastAPI application, bound to the browser by a cookie: any number of processes may run this."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_urlsafe
from time import time
from typing import Annotated, Any

from fastapi import Cookie, Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from sansms import Outcome, Service, aliyun, client_ip
from sansms.testing import Sandbox

COOKIE = "__Host-sansms"

# What a client is told, if there is any; never the number, which it knows.
TOLD = ("ok", "kind", "code", "text_zh", "text_en", "attempts_left", "retry_after", "resend_in", "expires_in")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Opens the service, and closes it when the application ends."""
    async with Service(
        **account(),
        secret=os.environ.get("SANSMS_SECRET", "only on this machine: 32 bytes or more"),
        budget_per_day=2000,
    ) as app.state.codes:
        yield


def account() -> dict[str, Any]:
    """Returns your account, by the environment; without one, a pretend provider whose messages are printed here."""
    if "ALIBABA_CLOUD_ACCESS_KEY_ID" in os.environ:
        return {
            "providers": [aliyun(sign_name=os.environ["SMS_SIGN"], templates={"register": os.environ["SMS_TEMPLATE"]})]
        }
    sandbox = Sandbox()

    async def deliver(*call: Any) -> tuple[int, list[tuple[str, str]], bytes]:
        sandbox.clock.now = time()
        reply = await sandbox.aexchange(*call)
        print(f"{sandbox.outbox[-1].to}: {sandbox.outbox[-1].text}", flush=True)
        return reply

    keys = {"access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret", "endpoint": "http://127.0.0.1"}
    pretend = aliyun(sign_name="示例", templates={"register": "SMS_1"}, **keys)
    return {"providers": [pretend], "async_transport": deliver}


def codes_of(request: Request) -> Service:
    """Returns the service of this process."""
    return request.app.state.codes


def address_of(request: Request) -> str | None:
    """Returns the client's address. Every line of the header counts: the first may be the client's own."""
    peer = request.client.host if request.client else None
    proxies = int(os.environ.get("TRUSTED_PROXIES", "0"))
    return client_ip(peer, request.headers.getlist("x-forwarded-for"), trusted_proxies=proxies)


Codes = Annotated[Service, Depends(codes_of)]
Address = Annotated[str | None, Depends(address_of)]
Session = Annotated[str | None, Cookie(alias=COOKIE)]


class Ask(BaseModel):
    """Whose number is to be proven."""

    phone: str | None = None


class Proof(Ask):
    """The number, and what its phone shows."""

    code: str | None = None


app = FastAPI(title="Codes", lifespan=lifespan)


@app.post("/code")
async def send_code(ask: Ask, codes: Codes, ip: Address, session: Session = None) -> JSONResponse:
    """Sends a code; the first time, the browser gets the cookie that the code is bound to."""
    bound = session or token_urlsafe(24)
    response = respond(await codes.asend(ask.phone, purpose="register", ip=ip, session=bound))
    if session is None:
        response.set_cookie(COOKIE, bound, secure=True, httponly=True, samesite="lax")
    return response


@app.post("/register")
async def register(proof: Proof, codes: Codes, ip: Address, session: Session = None) -> JSONResponse:
    """Checks a code. Here the application makes the account: the number is proven."""
    done = await codes.averify(proof.phone, proof.code, purpose="register", ip=ip, session=session)
    return JSONResponse({"ok": True, "account": done.to}, status_code=201) if done.ok else respond(done)


def respond(outcome: Outcome) -> JSONResponse:
    """Makes the answer for an outcome."""
    answer = {name: value for name in TOLD if (value := getattr(outcome, name)) is not None}
    headers = {"Cache-Control": "no-store"}
    if outcome.retry_after is not None:
        headers["Retry-After"] = str(outcome.retry_after)
    return JSONResponse(answer, status_code=outcome.http_status, headers=headers)
