"""Changes of a record: each asks the library again, none lowers what it answered."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from anatomy.errors import InputError, NeedlemapError, OffBodyError
from anatomy.messages import message as _
from anatomy.names import unknown
from viewer.record.errors import OverrideNeededError
from viewer.record.page.outcome import SITE_FIELDS, followed, with_site_field
from viewer.record.page.words import site_place
from viewer.record.reasons import ASKED, check_length, check_override
from viewer.record.storage.models import (
    LONGEST_NOTES,
    LONGEST_REFERENCE,
    Answer,
    Change,
    Close,
    GivenOverride,
    NewSite,
    Override,
    Record,
    Signature,
    SiteEntry,
    now,
)
from viewer.state import needle_fields, page_state
from viewer.state.technique_fields import followed as followed_technique
from zones.check.site import check_site
from zones.contract.models import Assessment, Verdict
from zones.sessions.consent import ConsentElement, load_consent
from zones.sessions.session import (
    MOST_SITES,
    SessionAssessment,
    SessionFinding,
    check_session,
    parse_session,
)

_LOG = logging.getLogger(__name__)

CLOSED = _("This session is closed. Reopen it to change it.")
_TEXTS = {
    "reference": (LONGEST_REFERENCE, "the reference"),
    "notes": (LONGEST_NOTES, "the notes"),
}
_COUNTS = ("needles_in", "needles_out")


def apply_change(record: Record, change: Change) -> tuple[Record, str, dict[str, Any]]:
    """Return a record after a change, what was done in words, and its details.

    Parameters
    ----------
    record : Record
        As it is.
    change : Change
        What is to be done.

    Returns
    -------
    tuple of Record, str, dict
        The words are empty when nothing is different.

    Raises
    ------
    NeedlemapError
        When a field or a value is not possible; nothing is changed then.
    OverrideNeededError
        When it may only be recorded with a reason.

    Examples
    --------
    >>> empty = Record(id="record-1", started=now())
    >>> after, words, _ = apply_change(empty, Change(fields={"needles_in": 4}))
    >>> after.needles_in, words
    (4, 'needles_in changed')
    """
    if change.reopen:
        after = record.model_copy(update={"closed": None, "closed_over": None})
        return (after, "reopened" if record.closed else "", {})
    if change.follow_up is not None:
        return followed(record, change.follow_up)
    if record.closed is not None:
        raise InputError(CLOSED, field="closed")
    if change.add_site is not None:
        return _added(record, change.add_site)
    if change.remove_site is not None:
        return _listed(record, change.remove_site, removed=now())
    if change.restore_site is not None:
        return _listed(record, change.restore_site, removed=None)
    if change.close is not None:
        return _closed(record, change.close)
    after = record
    done: dict[str, Any] = {}
    for name, value in change.fields.items():
        before, after = after, _with_field(after, name, value)
        if after != before:
            # a text is in the record itself; the log tells its length
            done[name] = _logged(name, value)
    return after, f"{', '.join(done)} changed" if done else "", done


def session_facts(record: Record) -> dict[str, Any]:
    """Return the facts of a session: what was answered, what ticks say, the counts.

    Examples
    --------
    >>> session_facts(Record(id="record-1", started=now(), needles_in=3))
    {'needles_in': 3}
    """
    found = dict(record.facts)
    for element in load_consent():
        if element.answers is not None and element.id in record.consent:
            found[element.answers] = True
    for name, count in zip(_COUNTS, record.counted, strict=True):
        if count is not None:
            found[name] = count
    return found


def known_facts(record: Record) -> dict[str, Any]:
    """Return what is known of the patient and of current, for texts and elements."""
    found = page_state.known_facts(record.patient)
    told = [site.request.get("needle", {}).get("electrical") for site in record.listed]
    if any(value is not None for value in told):
        found["electrical"] = any(told)
    return found


def consent_elements(record: Record) -> list[ConsentElement]:
    """Return the elements of consent that belong to a session, and those ticked."""
    regions = [site.answer.site.region for site in record.listed]
    facts = known_facts(record)
    return [
        element
        for element in load_consent()
        if element.id in record.consent or element.belongs(regions, facts)
    ]


def review(record: Record) -> SessionAssessment | None:
    """Return what stands against a session as a whole; None without a site.

    Raises
    ------
    NeedlemapError
        When a site cannot be checked any more, as after a change of the data.
    """
    if not record.listed:
        return None
    entries = [
        {
            "site": site.request["site"],
            "needle": site.request.get("needle"),
            "left_in": site.left_in,
        }
        for site in record.listed
    ]
    return check_session(entries, record.patient, session_facts(record))


def ask(
    site: dict[str, Any] | None, needle: dict[str, Any], patient: dict[str, Any]
) -> tuple[dict[str, Any], Assessment]:
    """Return the answer to what the page knows, and the site as it was asked for.

    Raises
    ------
    NeedlemapError
        In the words of the page.
    """
    if not site or not isinstance(site.get("request"), dict):
        raise InputError(_("Place the needle first: there is no site to add."))
    try:
        for request in page_state.requests(site, patient):
            try:
                return request, check_site(request, needle, patient)
            except OffBodyError:
                continue
    except NeedlemapError as error:
        raise InputError(
            _(
                "This cannot be added before it is put right: {error}",
                error=page_state.error_words(error),
            ),
            field=error.field,
        ) from error
    except Exception as error:
        _LOG.exception("the check failed for the record")
        raise InputError(page_state.FAILED) from error
    raise InputError(page_state.FAILED)


def _added(record: Record, new: NewSite) -> tuple[Record, str, dict[str, Any]]:
    """Return a record with one more site; unchanged when it holds it already."""
    if any(site.key == new.key for site in record.sites):
        return record, "", {}
    if len(record.sites) >= MOST_SITES:
        raise InputError(_("A session can hold at most {most} sites.", most=MOST_SITES))
    request, answer = ask(new.site, new.needle, new.patient)
    name = page_state.site_name(new.site, request)
    plan = followed_technique(
        new.site, new.needle.get("technique"), needle_fields.fields_of(new.needle)
    )
    origin = (new.site or {}).get("origin")
    # a place beside the muscle's own does not name it, and its technique is kept by it
    known: dict[str, Any] = {
        "name": name,
        "origin": origin if plan and "muscle" not in request else {},
    }
    entry = SiteEntry(
        key=new.key,
        added=now(),
        request={"site": request, "needle": new.needle, "patient": new.patient}
        | {key: value for key, value in known.items() if value},
        answer=Answer.of(answer),
        followed=plan,
    )
    stated = tuple(page_state.still_stated(new.stated, new.patient))
    after = record.model_copy(
        update={
            "sites": (*record.sites, entry),
            "patient": new.patient,
            "stated": stated,
        }
    )
    fresh = _fresh(record, after)
    worst = max([answer.verdict, *(f.verdict for f in fresh)])
    over = [answer.headline] if answer.verdict in ASKED else []
    kept = _reason(worst, [*over, *(f.message for f in fresh)], new.override)
    if kept is not None:
        entry = entry.model_copy(update={"override": kept})
        after = after.model_copy(update={"sites": (*record.sites, entry)})
    where = f"{name}: {answer.site.description}" if name else answer.site.description
    detail = {"site": entry.key, "verdict": answer.verdict.value, "where": where}
    if kept is not None:
        detail["override"] = kept.reason
    return after, f"site added: {where}", detail


def _reason(
    verdict: Verdict, over: list[str], given: GivenOverride | None
) -> Override | None:
    """Return the reason as it is kept, None where none is needed, or ask for it."""
    if verdict not in ASKED:
        return None
    if given is None:
        raise OverrideNeededError(
            _("A reason is needed to record this."), verdict=verdict.value, over=over
        )
    return check_override(given, verdict=verdict, over=over)


def against(record: Record) -> list[SessionFinding]:
    """Return the session's own findings of STOP and DANGER that are known to hold."""
    try:
        found = review(record)
    except NeedlemapError:
        _LOG.exception("a session could not be checked")
        return []
    own = found.findings if found is not None else ()
    return [f for f in own if f.verdict in ASKED and f.status == "known"]


def _fresh(before: Record, after: Record) -> list[SessionFinding]:
    """Return what stands against a session only after a change."""
    known = {finding.id for finding in against(before)}
    return [finding for finding in against(after) if finding.id not in known]


def _listed(
    record: Record, key: str, *, removed: datetime | None
) -> tuple[Record, str, dict[str, Any]]:
    """Return a record with a site taken off the list, or put back."""
    sites = []
    words, detail = "", {}
    for site in record.sites:
        if site.key != key:
            sites.append(site)
            continue
        if (site.removed is None) != (removed is None):
            words = "site taken off" if removed else "site put back"
            words += f": {site_place(site)}"
            detail = {"site": key}
            site = site.model_copy(update={"removed": removed})  # noqa: PLW2901
        sites.append(site)
    if key not in {site.key for site in record.sites}:
        raise InputError(_("This session has no such site."), field="site", given=key)
    return record.model_copy(update={"sites": tuple(sites)}), words, detail


def _closed(record: Record, close: Close) -> tuple[Record, str, dict[str, Any]]:
    """Return a record at its end; what stands against the session needs a reason."""
    told = {
        text
        for s in record.listed
        if s.override is not None
        for text in s.override.over
    }
    open_ = [f for f in against(record) if f.message not in told]
    worst = max((f.verdict for f in open_), default=Verdict.NO_KNOWN_DANGER)
    kept = _reason(worst, [f.message for f in open_], close.override)
    after = record.model_copy(update={"closed": now(), "closed_over": kept})
    return after, "closed", {"override": kept.reason} if kept else {}


def _with_field(record: Record, name: str, value: Any) -> Record:
    """Return a record with one field set."""
    kind, _dot, rest = name.partition(".")
    if name in _TEXTS:
        if not isinstance(value, str):
            raise InputError(f"{name} must be a text.", field=name)
        check_length(value, _TEXTS[name][0], what=_TEXTS[name][1])
        return record.model_copy(update={name: _clean(value)})
    if name in _COUNTS:
        count = parse_session({name: value}).get(name)
        return record.model_copy(update={name: count})
    if kind == "fact" and rest:
        facts = {k: v for k, v in record.facts.items() if k != rest}
        return record.model_copy(update={"facts": facts | parse_session({rest: value})})
    if kind == "consent" and rest:
        return _ticked(record, rest, value)
    if name == "signature":
        return _signed(record, value)
    if kind in SITE_FIELDS and rest:
        return with_site_field(record, kind, rest, value)
    names = (*_TEXTS, *_COUNTS, "fact.NAME", "consent.ELEMENT", "signature")
    names = (*names, *(f"{field}.SITE" for field in SITE_FIELDS))
    raise unknown("field", name, names, field="fields")


def _ticked(record: Record, element: str, value: Any) -> Record:
    """Return a record with an element of consent ticked or not."""
    known = [entry.id for entry in load_consent()]
    if element not in known:
        raise unknown("element of consent", element, known, field="consent")
    if not isinstance(value, bool):
        raise InputError(f"consent.{element} must be true or false.", field="consent")
    if value == (element in record.consent):
        return record
    consent = {k: v for k, v in record.consent.items() if k != element}
    if value:
        consent[element] = now()
    return record.model_copy(update={"consent": consent})


def _signed(record: Record, value: Any) -> Record:
    """Return a record with the patient's signature, or without one."""
    if value is None:
        return record.model_copy(update={"signature": None})
    if record.signature is not None and record.signature.path == value:
        return record
    try:
        signature = Signature(path=value, at=now())
    except ValidationError as error:
        raise InputError(
            _("The signature could not be read; sign again."), field="signature"
        ) from error
    return record.model_copy(update={"signature": signature})


def _logged(name: str, value: Any) -> Any:
    """Return what the log tells of a value: of a text or drawing only its length."""
    if name in ("notes", "signature") and isinstance(value, str):
        return {"characters": len(value)}
    return value


def _clean(text: str) -> str:
    r"""Return a text without what no database keeps (NUL, lone surrogates).

    Examples
    --------
    >>> _clean("a\x00b")
    'ab'
    """
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
