"""What a rollback would do to each picture."""

from datetime import timedelta

import pytest

from processors import chain
from processors.folding import Folding
from processors.undoing import Action, Conflict, Scope, Standing, Target, Unchanged, Undo, Undoing
from streams import audit_log
from tests import chains, fakes
from tests.chains import BEGAN, Pictures

SHOP, BEFORE = Scope(merchant="shop-7"), Target()


@pytest.fixture
def pictures() -> Pictures:
    return Pictures(fakes.MemoryStore())


def _action(pictures: Pictures, scope: Scope, target: Target = BEFORE, image_id: str = "dress") -> Action:
    finder = Undoing(scope, target)
    folding: Folding[audit_log.Brief, Standing] = Folding(finder.step)
    for entry in pictures.log:
        folding.take(audit_log.brief(entry))
    return next(finder.action(state) for one, _, _, state in folding.states() if one == image_id)


def _shows(action: Action) -> str | None:
    assert isinstance(action, Undo), action
    return action.shown.sha256


def test_an_automatic_edit_is_undone_by_showing_the_original(pictures: Pictures) -> None:
    edit = pictures.append("dress", "cleaned")

    assert edit.original
    assert _shows(_action(pictures, SHOP)) == edit.original.sha256


@pytest.mark.parametrize("kind", ["kept", "proposed"])
def test_an_edit_that_showed_nothing_new_has_nothing_to_undo(pictures: Pictures, kind: chain.Kind) -> None:
    pictures.append("dress", kind)

    assert _action(pictures, SHOP) is None


def test_pictures_that_the_scope_does_not_name_are_left_out(pictures: Pictures) -> None:
    pictures.append("dress", "cleaned", merchant="other")

    assert _action(pictures, SHOP) is None


def test_undone_twice_is_undone_once(pictures: Pictures) -> None:
    edit = pictures.append("dress", "cleaned")
    pictures.append("dress", "rolled_back", rollback=chain.Rollback("p" * 32, None, "ann", "wrong"))

    assert _action(pictures, SHOP) == Unchanged()
    assert _action(pictures, Scope(event=edit.cause.event_id)) == Unchanged()


def test_undoing_a_rollback_shows_the_edit_again(pictures: Pictures) -> None:
    edit = pictures.append("dress", "cleaned")
    pictures.append("dress", "rolled_back", rollback=chain.Rollback("p" * 32, None, "ann", "wrong"))

    action = _action(pictures, Scope(rollback="p" * 32))

    assert edit.result
    assert _shows(action) == edit.result.sha256
    assert isinstance(action, Undo)
    assert (action.shown.edit_id, action.shown.seq) == (edit.edit_id, 1)


def test_a_newer_upload_on_top_is_a_conflict_unless_it_is_in_the_scope_too(pictures: Pictures) -> None:
    first = pictures.append("dress", "cleaned")
    second = pictures.append("dress", "cleaned")

    assert _action(pictures, Scope(event=first.cause.event_id)) == Conflict("newer_version")
    assert second.original
    assert _shows(_action(pictures, SHOP)) == second.original.sha256


def test_a_deleted_picture_is_left_alone(pictures: Pictures) -> None:
    pictures.append("dress", "cleaned")
    pictures.append("dress", "deleted")

    assert _action(pictures, SHOP) == Conflict("deleted")


def test_what_a_person_decided_stays_unless_asked(pictures: Pictures) -> None:
    pictures.append("dress", "cleaned", sampled=True)
    approved = pictures.append("dress", "approved")

    assert _action(pictures, SHOP) == Conflict("human_decision")
    assert approved.original
    assert _shows(_action(pictures, Scope(merchant="shop-7", include_human=True))) == approved.original.sha256


def test_a_person_may_be_named_and_that_is_asking(pictures: Pictures) -> None:
    pictures.append("dress", "proposed")
    approved = pictures.append("dress", "approved")

    assert _action(pictures, SHOP) is None
    assert approved.original
    assert _shows(_action(pictures, Scope(actor="ann"))) == approved.original.sha256
    assert _action(pictures, Scope(actor="bob")) is None


def test_a_rollback_by_somebody_else_since_is_a_conflict(pictures: Pictures) -> None:
    pictures.append("dress", "cleaned", result=chains.blob("first"))
    pictures.append("dress", "approved", result=chains.blob("drawn"), answer=None)
    pictures.append(
        "dress", "rolled_back", result=chains.blob("first"), rollback=chain.Rollback("q" * 32, "x", "bob", "better")
    )

    assert _action(pictures, Scope(merchant="shop-7", until=(BEGAN + timedelta(hours=2)).isoformat())) == Conflict(
        "later_rollback"
    )


def test_the_target_may_be_an_earlier_edit_of_the_same_version_and_no_other(pictures: Pictures) -> None:
    old = pictures.append("dress", "cleaned")
    first = pictures.append("dress", "cleaned")
    pictures.append("dress", "approved", answer=None)

    assert first.result
    assert _shows(_action(pictures, SHOP, Target(kind="edit", edit_id=first.edit_id))) == first.result.sha256
    assert _action(pictures, SHOP, Target(kind="edit", edit_id=old.edit_id)) == Conflict("other_version")


@pytest.mark.parametrize(
    ("since", "until", "inside"), [(0, 1, False), (1, 2, True), (0, 2, True), (2, 3, False), (None, 1, False)]
)
def test_a_window_takes_its_beginning_and_not_its_end(
    pictures: Pictures, since: int | None, until: int, inside: bool
) -> None:
    pictures.append("dress", "cleaned")
    scope = Scope(
        since=(BEGAN + timedelta(hours=since)).isoformat() if since is not None else None,
        until=(BEGAN + timedelta(hours=until)).isoformat(),
    )

    assert isinstance(_action(pictures, scope), Undo) is inside


def test_an_edit_whose_time_nobody_knows_is_in_no_window(pictures: Pictures) -> None:
    pictures.append("dress", "cleaned", cause=chain.Cause("e", "s", "t", None), committed_at=None)

    assert _action(pictures, Scope(since=BEGAN.isoformat())) is None


@pytest.mark.parametrize(
    ("model", "inside"), [("own", True), ("own@2", True), ("own@1", False), ("abcdef01", True), ("abc", False)]
)
def test_a_model_is_named_by_name_version_or_digest(pictures: Pictures, model: str, inside: bool) -> None:
    used = chain.Model("own", "2", "abcdef0123", "c", "openvino", "1", "f32", "2.5")
    pictures.append("dress", "cleaned", models=(used,))

    assert isinstance(_action(pictures, Scope(model=model)), Undo) is inside


@pytest.mark.parametrize(
    ("scope", "inside"),
    [
        (Scope(batch="delivery-48"), True),
        (Scope(batch="delivery-49"), False),
        (Scope(policy="p1"), True),
        (Scope(policy="p2"), False),
        (Scope(code="c1"), True),
        (Scope(code="c2"), False),
        (Scope(reason="removal_certified"), True),
        (Scope(reason="no_text"), False),
        (Scope(images=("dress", "shoe")), True),
        (Scope(images=("shoe",)), False),
        (Scope(batch="delivery-48", policy="p2"), False),
    ],
)
def test_all_that_a_scope_names_must_hold(pictures: Pictures, scope: Scope, inside: bool) -> None:
    pictures.append("dress", "cleaned", batch_id="delivery-48", code_version="c1")

    assert scope.names_something
    assert isinstance(_action(pictures, scope), Undo) is inside
