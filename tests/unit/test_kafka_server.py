"""The local broker's own parts that need no broker."""

from infra import kafka_server


def test_an_id_of_a_cluster_is_never_taken_for_an_option() -> None:
    drawn = [kafka_server.new_cluster_id() for _ in range(3000)]
    assert not [one for one in drawn if one.startswith("-")]
    assert {len(one) for one in drawn} == {22}
