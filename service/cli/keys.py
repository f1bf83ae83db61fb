"""`songspace keys`: who may use the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import print_json, print_line, print_note, print_table
from service.cli.database import open_database
from service.cli.options import Json

if TYPE_CHECKING:
    from db.repositories.keys import StoredKey

app = typer.Typer(no_args_is_help=False)


@app.command()
def create(
    ctx: typer.Context,
    user: Annotated[
        str | None, typer.Argument(metavar="[USER]", help="Whose key; it opens what is theirs.")
    ] = None,
    admin: Annotated[bool, typer.Option("--admin", help="A key that opens everything.")] = False,
    as_json: Json = False,
) -> None:
    """Make a key, and show it this once."""
    from service.http.keys import create_key

    if (user is not None) == admin:
        raise typer.BadParameter("name a user, or give --admin", ctx=ctx)
    made = create_key(open_database(ctx, create=True), "admin" if admin else "user", user)
    if as_json:
        print_json({**_document(made.stored), "key": made.key})
        return
    print_line(made.key)
    print_note("Keep it: it is not shown again.")


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """List the keys, without their secrets."""
    from service.http.keys import list_keys

    found = list_keys(open_database(ctx))
    if as_json:
        print_json({"keys": [_document(one) for one in found]})
    elif found:
        rows = [
            [one.key_id, one.scope, one.user, _day(one.created_at), _day(one.revoked_at)] for one in found
        ]
        print_table(["key", "scope", "user", "made", "revoked"], rows)
    else:
        print_line("There are no keys.")


@app.command()
def revoke(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its number, as `songspace keys list` shows it.")],
    as_json: Json = False,
) -> None:
    """Revoke a key: from the next request on it opens nothing."""
    from service.http.keys import key_number, revoke_key

    revoked = revoke_key(open_database(ctx), key_number(key))
    if as_json:
        print_json(_document(revoked))
    else:
        print_line(f"Key {revoked.key_id} is revoked.")


def _document(key: StoredKey) -> dict[str, Any]:
    revoked = None if key.revoked_at is None else key.revoked_at.isoformat(timespec="seconds")
    created = key.created_at.isoformat(timespec="seconds")
    return {
        "number": key.key_id,
        "scope": key.scope,
        "user": key.user,
        "created_at": created,
        "revoked_at": revoked,
    }


def _day(moment: Any) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d}"
