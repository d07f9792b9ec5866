"""Whether the certificate is in force: compared with the models that serve, the policy, and what was told of it."""

import importlib.resources
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog

from infra.settings import CertificateSettings
from processors import certificates, chain
from processors.certificates import Certificate, CertificateError
from processors.thresholds import Thresholds
from streams.events import CertificateVoided

log = structlog.get_logger(__name__)

SHIPPED = "certificate.json"

Told = Callable[[str], CertificateVoided | None]


@dataclass(frozen=True, slots=True)
class Standing:
    """Under what a picture is decided."""

    #: the certificate in force; None where none is
    certificate: Certificate | None = None
    #: why none is in force; empty where one is
    why_void: str = ""
    #: of the risk; None: the verdicts of the rules stand as they are
    thresholds: Thresholds | None = None
    #: whether an edit that would go ahead is proposed instead
    asks: bool = False


def load(settings: CertificateSettings) -> Certificate:
    """The certificate that the settings name, or the shipped one.

    Raises:
        CertificateError: there is none, it can't be read, or it was changed after it was made.
    """
    if settings.file:
        path = Path(settings.file)
        try:
            return certificates.decode(path.read_bytes())
        except OSError as problem:
            raise CertificateError(f"{path}: {problem.strerror or problem}") from problem
    shipped = importlib.resources.files("processors") / SHIPPED
    if not shipped.is_file():
        raise CertificateError("this version comes without a certificate; make one with cleanplate certify")
    return certificates.decode(shipped.read_bytes())


def log_change(found: Standing) -> None:
    """For workers: a line whenever the standing changes."""
    if found.certificate is not None:
        log.info("certificate_in_force", certificate=found.certificate.id)
    else:
        log.warning("certificate_void", why=found.why_void, edits_are_asked=found.asks)


class Certification:
    """Answers for every picture whether the certificate is in force.

    `told` knows what was said of certificates; `changed` is called with the first standing and whenever it changes.
    """

    def __init__(
        self,
        settings: CertificateSettings,
        told: Told = lambda _: None,
        changed: Callable[[Standing], None] = lambda _: None,
    ) -> None:
        self._required = settings.required
        self._told = told
        self._changed = changed
        self._last: Standing | None = None
        self._certificate: Certificate | None = None
        self._why_missing = ""
        try:
            self._certificate = load(settings)
        except CertificateError as problem:
            self._why_missing = str(problem)

    def standing(self, models: Iterable[chain.Model], version: str) -> Standing:
        """The standing for a picture under this version of the policy while these models serve."""
        certificate = self._certificate
        why = self._why_void(tuple(models), version)
        found = Standing(
            certificate=None if why else certificate,
            why_void=why,
            # A void certificate's thresholds are still the best that is known, where edits go on without it.
            thresholds=certificate.thresholds if certificate else None,
            asks=bool(why) and self._required,
        )
        if found != self._last:
            self._last = found
            self._changed(found)
        return found

    def _why_void(self, models: tuple[chain.Model, ...], version: str) -> str:
        if self._certificate is None:
            return self._why_missing
        if voided := self._told(self._certificate.id):
            return f"people found it broken: {voided.why}"
        return "; ".join(certificates.differences(self._certificate, models, version))


@dataclass(slots=True)
class OnTrial:
    """Thresholds that hold for every picture, under no certificate: for making one."""

    thresholds: Thresholds | None = None

    def standing(self, models: Iterable[chain.Model], version: str) -> Standing:
        """Edits go ahead: what is measured is what would happen."""
        return Standing(why_void="thresholds on trial", thresholds=self.thresholds)
