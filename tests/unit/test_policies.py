"""A policy file says what is done with each kind of text; one that can't be followed stops the start and says where."""

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import policy_file
from infra.settings import PoliciesSettings
from processors import policies
from processors.policies import KINDS, NEVER_REMOVED, ROLES, UNRESTRICTED, Policies, PolicyFileError
from processors.records import Role

DEFAULT = "[default.every]\n" + "".join(
    f'{kind} = "{"keep" if kind == "printed" else "ask" if kind in NEVER_REMOVED else "remove"}"\n' for kind in KINDS
)


def parsed(more: str = "") -> Policies:
    return policies.parse(DEFAULT + more)


def refusal(more: str, before: str = DEFAULT) -> str:
    with pytest.raises(PolicyFileError) as caught:
        policies.parse(before + more)
    return str(caught.value)


def shipped() -> Policies:
    return policy_file.read(PoliciesSettings())


# ------------------------------------------------------------------ what a file means


def test_what_a_policy_does_not_say_is_as_in_the_one_that_it_inherits() -> None:
    found = parsed(
        '[shop]\ninherits = "default"\n[shop.every]\ncaption = { action = "keep", why = "words are welcome" }\n'
        '[shop.main]\ncaption = { action = "ask", why = "not here" }\n'
    )
    assert [found.of("shop", role).action("caption") for role in ROLES] == ["ask", "keep", "keep"]
    assert found.of("shop", "additional").why("caption") == "words are welcome"
    assert found.of("shop", "main").action("price") == "remove"


def test_inheritance_goes_on_to_the_parents_parent() -> None:
    found = parsed(
        '[one]\ninherits = "default"\n[one.main]\nprice = { action = "keep", why = "x" }\n[two]\ninherits = "one"\n'
    )
    assert found.of("two", "main").action("price") == "keep"
    assert found.of("two", "additional") == found.of("default", "additional")


def test_policies_that_act_alike_share_a_digest_whatever_their_names_and_reasons() -> None:
    found = parsed(
        '[one]\ninherits = "default"\n[one.every]\nprice = { action = "remove", why = "because" }\n'
        '[two]\ninherits = "default"\n[two.every]\nprice = { action = "keep", why = "because" }\n'
    )
    digests = {name: found.of(name, "main").digest for name in found.names}
    assert digests["one"] == digests["default"] != digests["two"]
    assert len({found.of(name, "main") for name in found.names}) == 3, "they are not equal, for their reasons differ"


@given(st.sampled_from(KINDS), st.sampled_from(("ask", "keep")), st.sampled_from(ROLES))
def test_another_action_for_any_kind_is_another_digest(kind: policies.Kind, action: str, role: Role) -> None:
    base = parsed().of("default", role)
    other = parsed(f'[shop]\ninherits = "default"\n[shop.{role}]\n{kind} = {{ action = "{action}", why = "x" }}\n').of(
        "shop", role
    )
    assert (other.digest == base.digest) is (base.action(kind) == action)


def test_sources_keep_their_page_and_the_day_on_which_it_was_read() -> None:
    found = parsed('[shop]\ninherits = "default"\nsources = [{ title = "Rules", read = 2026-11-25 }]\n')
    assert found.every[1].sources == (policies.Source("Rules", datetime.date(2026, 11, 25)),)


def test_an_unknown_marketplace_is_asked_about_everything_but_print_and_hears_which_there_are() -> None:
    actions = parsed().of("elsewhere", "main")
    assert {actions.action(kind) for kind in KINDS if kind != "printed"} == {"ask"}
    assert actions.action("printed") == "keep"
    assert actions.unknown == "no policy is called 'elsewhere'; there are default"


def test_without_a_policy_nothing_is_removed_that_no_policy_may_remove() -> None:
    assert all(UNRESTRICTED.action(kind) != "remove" for kind in NEVER_REMOVED)
    assert not UNRESTRICTED.unknown


# ------------------------------------------------------------------ what a file may not say


@pytest.mark.parametrize("kind", sorted(NEVER_REMOVED))
def test_marks_hands_and_print_are_never_removed_whatever_a_file_says(kind: str) -> None:
    said = refusal(f'[shop]\ninherits = "default"\n[shop.main]\n{kind} = {{ action = "remove", why = "we want it" }}\n')
    assert said.startswith(f"shop.main.{kind}: ")
    assert said.endswith("is never removed without a person; say ask or keep")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("[shop", "not TOML"),
        ("[shop]\nfoo = 1\n", "shop: object contains unknown field `foo`; there are title, inherits, sources, every,"),
        ('[shop.main]\nprice = "drop"\n', "shop.main.price.action: invalid enum value 'drop'; say remove, ask, keep"),
        (
            "[shop.main]\nprice = 3\n",
            "shop.main.price: expected `object`, got `int`; say one of remove, ask, keep, or {",
        ),
        ('[shop.main]\nprice = { action = "ask", wy = "" }\n', "unknown field `wy`; there are action, why"),
        ('[shop.main]\nprise = "ask"\n', "shop.main.prise: there is no such kind of text; did you mean price?"),
        ('[shop]\ninherits = "defalt"\n', "shop.inherits: there is no [defalt]; did you mean default?"),
        ('[shop]\ninherits = "shop"\n', "shop.inherits: shop → shop is a circle"),
        ('[shop]\ninherits = "default"\n[shop.main]\nprice = "keep"\n', "shop.main.price: an exception needs a reason"),
        ('[shop.main]\nprice = "keep"\n', "shop.main.camera_stamp is missing"),
        ('[Shop]\ninherits = "default"\n', "[Shop]: a name has small letters"),
        ('[shop]\nsources = [{ title = "x", read = "today" }]\n', "shop.sources[0].read: "),
    ],
)
def test_a_file_that_cannot_be_followed_is_refused_with_its_key_and_what_may_stand_there(more: str, said: str) -> None:
    assert said in refusal(more)


def test_a_file_without_a_default_is_refused() -> None:
    assert refusal("", before='[shop.main]\nprice = "ask"\n').startswith("[default] is missing")


def test_a_rule_outside_of_any_policy_is_refused() -> None:
    assert "outside of any policy" in refusal("", before=f'price = "ask"\n{DEFAULT}')


def test_the_refusal_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[default.main]\nlogo = "remove"\n')
    with pytest.raises(PolicyFileError, match=r"mine\.toml: default\.main\.logo: "):
        policy_file.read(PoliciesSettings(path=str(path)))
    with pytest.raises(PolicyFileError, match=r"none\.toml: "):
        policy_file.read(PoliciesSettings(path=str(tmp_path / "none.toml")))


# ------------------------------------------------------------------ what is shipped


def test_every_kind_has_its_meaning() -> None:
    assert tuple(policies.MEANINGS) == KINDS


def test_the_shipped_policies_are_those_that_the_pages_name() -> None:
    assert shipped().names == ("default", "google", "amazon", "ebay")


def test_every_marketplace_names_where_its_rules_stand() -> None:
    assert all(policy.sources for policy in shipped().every if policy.name != policies.DEFAULT)


def test_amazons_main_image_bears_nothing_and_its_other_images_may_explain() -> None:
    main, additional = shipped().of("amazon", "main"), shipped().of("amazon", "additional")
    assert (main.action("callout"), main.action("caption")) == ("remove", "remove")
    assert (additional.action("callout"), additional.action("caption")) == ("keep", "keep")
    assert {additional.action(kind) for kind in ("promotion", "price", "contact")} == {"remove"}


@pytest.mark.parametrize("role", ROLES)
def test_ebay_allows_no_added_text_on_any_picture_and_leaves_marks_to_a_person(role: Role) -> None:
    actions = shipped().of("ebay", role)
    assert {actions.action(kind) for kind in ("caption", "callout", "promotion", "price", "contact")} == {"remove"}
    assert (actions.action("watermark"), actions.action("printed")) == ("ask", "keep")


def test_every_question_of_a_shipped_policy_has_its_reason() -> None:
    for policy in shipped().every:
        for role in ROLES:
            actions = policy.of(role)
            assert all(actions.why(kind) for kind in KINDS if actions.action(kind) != "remove")
