"""A mail server: keeps each mail in a folder, with what Python's email package reads in it.

Arguments: the folder, then any of `--login USER PASSWORD` and `--tls CERTIFICATE KEY`.
Recipients called `refused`, `later` and `mute` are answered 550, 451 and not at all.
"""

import argparse
import asyncio
import email
import email.policy
import json
import pathlib
import ssl

from aiosmtpd.smtp import SMTP, AuthResult

arguments = argparse.ArgumentParser()
arguments.add_argument("folder", type=pathlib.Path)
arguments.add_argument("--login", nargs=2)
arguments.add_argument("--tls", nargs=2)
arguments = arguments.parse_args()


class Keeper:
    def __init__(self):
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.partition("@")[0]
        if name == "mute":
            await asyncio.Event().wait()
        answer = {"refused": "550 5.1.1 no such user", "later": "451 4.7.1 try later"}.get(name)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = {part.get_content_type(): part for part in message.walk()}
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "encrypted": session.ssl is not None,
            "login": session.auth_data is not None,
            "raw": envelope.content.decode("ascii"),
            "headers": [[name, str(value)] for name, value in message.items()],
            "defects": [repr(defect) for part in message.walk() for defect in part.defects],
            "types": [part.get_content_type() for part in message.walk()],
            "plain": parts["text/plain"].get_content(),
            "html": parts["text/html"].get_content(),
        }
        self.count += 1
        (arguments.folder / f"{self.count}.json").write_text(json.dumps(mail))
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    if [data.login.decode(), data.password.decode()] == arguments.login:
        return AuthResult(success=True, auth_data=True)
    # A server that says too much.
    words = f"535 5.7.8 wrong password {data.password.decode()}"
    return AuthResult(success=False, handled=False, message=words)


def session():
    options = {}
    if arguments.login:
        options |= {"authenticator": authenticate, "auth_required": True}
        options |= {"auth_require_tls": bool(arguments.tls)}
    if arguments.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*arguments.tls)
        options["tls_context"] = context
    return SMTP(keeper, hostname="mail.test", enable_SMTPUTF8=True, **options)


async def serve():
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


keeper = Keeper()
asyncio.run(serve())
