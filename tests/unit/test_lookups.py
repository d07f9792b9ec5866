"""What operators look up, where the brokers do not answer."""

import pytest

from infra.settings import KafkaSettings
from processors.errors import ServiceUnavailableError
from streams import lookups

#: Nobody listens there.
NOBODY = KafkaSettings(bootstrap="127.0.0.1:1")


def test_waiting_for_outcomes_of_a_broker_that_does_not_answer_is_a_service_that_is_away() -> None:
    with pytest.raises(ServiceUnavailableError, match="kafka"):
        lookups.OutcomeListener(NOBODY, timeout_s=0.2)
