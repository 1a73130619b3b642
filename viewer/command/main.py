"""The ``needlemap`` command."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anatomy.errors import InputError, NeedlemapError
from anatomy.names import unknown
from anatomy.store import DataFolder, using_everywhere
from viewer.command.extras import missing_extra
from viewer.command.request import (
    add_policy,
    add_request,
    add_site,
    read_given,
    rest_of_request,
    site_given,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from zones.contract.models import Assessment

#: Exit statuses: any verdict is 0, a request that cannot be read is 2.
OK, BAD_INPUT = 0, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process by default.

    Returns
    -------
    int
        Exit status: 0, or 2 for bad input (the message goes to standard error).
    """
    # before or behind the name of the command
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    _add_data_folder(first)
    chosen, rest = first.parse_known_args(argv)
    parser = build_parser()
    arguments = parser.parse_args(rest)
    if not hasattr(arguments, "run"):
        parser.print_help()
        return BAD_INPUT
    try:
        if chosen.data is None:
            return _run(arguments)
        with using_everywhere(DataFolder(chosen.data)):
            return _run(arguments)
    except ModuleNotFoundError as error:
        print(f"needlemap: {missing_extra(error)}", file=sys.stderr)
        return BAD_INPUT
    except NeedlemapError as error:
        where = f" ({error.field})" if error.field else ""
        print(f"needlemap: {error}{where}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        sys.stderr.close()
        return OK


def _run(arguments: argparse.Namespace) -> int:
    """Run a subcommand, by the policy that was given where it takes one."""
    if getattr(arguments, "policy", None) is None:
        if getattr(arguments, "allow_looser", False):
            raise InputError("--allow-looser goes with --policy FILE only.")
        return int(arguments.run(arguments))
    from zones.risk.policy import chosen_policy, using_policy

    looser = bool(arguments.allow_looser)
    with using_policy(chosen_policy(arguments.policy, allow_looser=looser)):
        return int(arguments.run(arguments))


def _add_data_folder(parser: argparse.ArgumentParser) -> None:
    """Add ``--data``."""
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="files that differ from the shipped data, laid over them (NEEDLEMAP_DATA "
        "says the same)",
    )


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib import metadata

        print(f"needlemap {metadata.version('needlemap')}")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with all subcommands."""
    parser = argparse.ArgumentParser(
        prog="needlemap",
        description="What can a needle hit here, and may it go ahead? Decision "
        "support and teaching for dry needling; not a medical device.",
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="print the version and exit"
    )
    _add_data_folder(parser)
    from viewer.command.figure import add_figure
    from viewer.command.learn_text import add_learn
    from viewer.command.record_text import add_record
    from viewer.command.versions_text import add_verify

    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_check(commands)
    add_verify(commands)
    _add_locate(commands)
    _add_zones(commands)
    _add_replay(commands)
    _add_batch(commands)
    schema = commands.add_parser("schema", help="print the JSON Schema of the contract")
    schema.set_defaults(run=_schema)
    _add_data(commands)
    add_learn(commands)
    add_figure(commands)
    _add_db(add_record(commands))
    _add_view(commands)
    _add_serve(commands)
    return parser


def _add_check(commands: Any) -> None:
    """Add ``needlemap check``."""
    check = commands.add_parser(
        "check",
        help="check a needle at a site",
        description="Check a needle at a site. Exit status 0 for any verdict, 2 for "
        "a request that cannot be read.",
    )
    add_request(check)
    out = check.add_argument_group("input and output as data")
    out.add_argument(
        "--json",
        nargs="?",
        const="",
        metavar="FILE|-",
        help="read one request or an array of them and answer in JSON; without a "
        "file, and with a site given by flags, only the answer is JSON",
    )
    out.add_argument("--full", action="store_true", help="aftercare, sources in full")
    out.add_argument(
        "--proof",
        action="store_true",
        help="with --json: request, time, versions and a hash in each answer",
    )
    add_policy(check)
    check.set_defaults(run=_check)


def _check(arguments: argparse.Namespace) -> int:
    """Run ``needlemap check``."""
    from zones.check.site import check_request

    given = site_given(arguments)
    if arguments.json is not None and (arguments.json or given is None):
        if given is not None:
            raise InputError("give a site by flags or requests by --json, not both.")
        return _check_json(arguments.json or "-", proof=arguments.proof)
    request = {"site": given or {}, **rest_of_request(arguments)}
    if arguments.json is not None:
        return _print_json(_answerer(proof=arguments.proof)(request).as_dict())
    if arguments.proof:
        raise InputError("--proof must be given with --json.", field="--proof")
    from viewer.text.terminal.text import assessment_text

    print(assessment_text(check_request(request), full=arguments.full))
    return OK


def _answerer(*, proof: bool) -> Callable[[Mapping[str, object]], Assessment]:
    """Return what answers a request, with its proof or without."""
    if proof:
        from zones.versions.proof import prove_request

        return prove_request
    from zones.check.site import check_request

    return check_request


def _check_json(name: str, *, proof: bool) -> int:
    """Answer requests read as JSON, in kind; a bad one becomes its error."""
    answer = _answerer(proof=proof)
    text = read_given(name, field="--json")
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"--json: not valid JSON ({error}).", field="--json") from None
    many = isinstance(data, list)
    answers: list[dict[str, Any]] = []
    failed = False
    for request in data if many else [data]:
        try:
            answers.append(answer(request).as_dict())
        except NeedlemapError as error:
            failed = True
            answers.append({"error": error.as_dict()})
    _print_json(answers if many else answers[0])
    return BAD_INPUT if failed else OK


def _print_json(data: Any) -> int:
    """Print data as JSON that has no NaN in it."""
    print(json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False))
    return OK


def _add_locate(commands: Any) -> None:
    """Add ``needlemap locate``."""
    locate = commands.add_parser(
        "locate",
        help="turn words into a place on the body, and a place into words",
        description="Say where a site is: in the body frame (mm; x to the patient's "
        "left, y backward, z up), on the charts, and in words.",
    )
    locate.add_argument("words", nargs="?", help='such as "6 cm left of T4"')
    add_site(locate)
    locate.add_argument("--json", action="store_true", help="print the place as JSON")
    locate.set_defaults(run=_locate)


def _locate(arguments: argparse.Namespace) -> int:
    """Run ``needlemap locate``."""
    from viewer.text.terminal.locate import locate, located_text

    if arguments.words is not None:
        if arguments.text is not None:
            raise InputError("give the words once, not also by --text.")
        arguments.text = arguments.words
    found = locate(site_given(arguments) or {})
    if arguments.json:
        return _print_json(found)
    print("\n\n".join(located_text(place) for place in found))
    return OK


def _add_zones(commands: Any) -> None:
    """Add ``needlemap zones``."""
    zones = commands.add_parser("zones", help="list, show and compile the zones")
    actions = zones.add_subparsers(title="actions", metavar="ACTION", required=True)
    listed = actions.add_parser("list", help="all zones in one table")
    listed.add_argument("--json", action="store_true")
    listed.set_defaults(run=_zones_list)
    shown = actions.add_parser("show", help="one zone with depths and sources")
    shown.add_argument("id")
    shown.add_argument("--json", action="store_true")
    shown.set_defaults(run=_zones_show)
    sent = actions.add_parser("export", help="zones of a chart as GeoJSON")
    sent.add_argument("--chart", default="posterior", metavar="NAME")
    sent.add_argument("--body", default="female", metavar="male|female")
    sent.set_defaults(run=_zones_export)
    built = actions.add_parser("build", help="compile the zone files on both bodies")
    built.set_defaults(run=_zones_build)


def _zones_list(arguments: argparse.Namespace) -> int:
    """Run ``needlemap zones list``."""
    from viewer.text.structures.terminal import zone_table
    from zones.knowledge.structures.zone_files import load_zones

    zones = load_zones()
    if arguments.json:
        return _print_json([zone.model_dump(mode="json") for zone in zones])
    print(zone_table(zones))
    return OK


def _zones_show(arguments: argparse.Namespace) -> int:
    """Run ``needlemap zones show``."""
    from viewer.text.structures.terminal import zone_text
    from zones.knowledge.structures.zone_files import load_zones

    zones = {zone.id: zone for zone in load_zones()}
    if arguments.id not in zones:
        raise unknown("zone", arguments.id, zones, field="id")
    zone = zones[arguments.id]
    if arguments.json:
        return _print_json(zone.model_dump(mode="json"))
    print(zone_text(zone))
    return OK


def _zones_export(arguments: argparse.Namespace) -> int:
    """Run ``needlemap zones export``."""
    from zones.pictures.geojson import zone_geojson

    return _print_json(zone_geojson(arguments.body, arguments.chart))


def _zones_build(arguments: argparse.Namespace) -> int:
    """Run ``needlemap zones build``."""
    from zones.fields.loading import build

    for name, seconds in build().items():
        print(f"{name} body: zones compiled in {seconds:.1f} s")
    return OK


def _add_replay(commands: Any) -> None:
    """Add ``needlemap replay``."""
    replay = commands.add_parser(
        "replay", help="run published injuries and safe sites through the check"
    )
    replay.add_argument("--json", action="store_true")
    replay.set_defaults(run=_replay)


def _replay(arguments: argparse.Namespace) -> int:
    """Run ``needlemap replay``."""
    from viewer.command.replay_text import replay_data, replay_text
    from zones.quality.replay import replay

    done = replay()
    if arguments.json:
        return _print_json(replay_data(done))
    print(replay_text(done))
    return OK


def _add_batch(commands: Any) -> None:
    """Add ``needlemap batch``; its modules load only when it runs."""
    batch = commands.add_parser(
        "batch",
        help="check every row of a CSV or Parquet file",
        description="Check every row of a table and write it with verdict, limit, "
        "gravest finding and, where a row cannot be checked, the error. "
        "A run that was stopped resumes where it left off. Exit status 0 "
        "when every row was checked, 2 when some could not be.",
    )
    batch.add_argument("source", metavar="IN", type=Path, help=".csv or .parquet")
    batch.add_argument("target", metavar="OUT", type=Path, help=".csv or .parquet")
    batch.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="COLUMN",
        help="another column to pass on unread; may be repeated",
    )
    batch.add_argument("--force", action="store_true", help="begin afresh")
    batch.add_argument(
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="processes that answer; 0 for one for each core",
    )
    add_policy(batch)
    batch.set_defaults(run=_batch)


def _batch(arguments: argparse.Namespace) -> int:
    """Run ``needlemap batch``."""
    from viewer.command.batch import batch_command

    return batch_command(arguments)


def _schema(arguments: argparse.Namespace) -> int:
    """Run ``needlemap schema``."""
    from zones.patients.request import json_schema

    return _print_json(json_schema())


def _add_data(commands: Any) -> None:
    """Add ``needlemap data``."""
    data = commands.add_parser(
        "data", help="check the data, or compare two versions of them"
    )
    actions = data.add_subparsers(title="actions", metavar="ACTION", required=True)
    checked = actions.add_parser("check", help="run every named check over all data")
    checked.add_argument("id", nargs="*", help="only these checks")
    checked.set_defaults(run=_data_check)
    from viewer.command.versions_text import add_diff

    add_diff(actions)


def _data_check(arguments: argparse.Namespace) -> int:
    """Run ``needlemap data check``."""
    from viewer.command.data_text import data_check_main
    from zones.quality.data_check import check_ids

    for wanted in arguments.id:
        if wanted not in check_ids():
            raise unknown("check", wanted, check_ids(), field="id")
    return data_check_main(arguments.id)


def _add_view(commands: Any) -> None:
    """Add ``needlemap view``."""
    from viewer.service.server.options import add_options

    view = commands.add_parser("view", help="start the page and /api/v1")
    view.add_argument(
        "--host", default="127.0.0.1", help="this machine only by default"
    )
    view.add_argument("--port", type=int, default=8050)
    view.add_argument("--debug", action="store_true", help=argparse.SUPPRESS)
    add_options(view)
    add_policy(view)
    _add_db(view)
    view.set_defaults(run=_view)


def _add_db(parser: argparse.ArgumentParser) -> None:
    """Add ``--db``."""
    parser.add_argument(
        "--db",
        metavar="URL",
        help="database of the session records (SQLAlchemy URL; NEEDLEMAP_DB says the "
        "same); a file in this user's data folder by default",
    )


def _view(arguments: argparse.Namespace) -> int:
    """Run ``needlemap view``."""
    from viewer.page.app import serve
    from viewer.service.server.options import options

    serve(
        host=arguments.host,
        port=arguments.port,
        debug=arguments.debug,
        db=arguments.db,
        smart=arguments.smart,
        **options(arguments),
    )
    return OK


def _add_serve(commands: Any) -> None:
    """Add ``needlemap serve``."""
    from viewer.service.server.options import add_service_options

    serve = commands.add_parser("serve", help="answer programs only: no page, no Dash")
    serve.add_argument(
        "--host", default="127.0.0.1", help="this machine only by default"
    )
    serve.add_argument("--port", type=int, default=8050)
    add_service_options(serve)
    add_policy(serve)
    _add_db(serve)
    serve.set_defaults(run=_serve)


def _serve(arguments: argparse.Namespace) -> int:
    """Run ``needlemap serve``."""
    from viewer.service.app import serve_programs
    from viewer.service.server.options import service_options

    serve_programs(arguments.host, arguments.port, **service_options(arguments))
    return OK


if __name__ == "__main__":
    raise SystemExit(main())
