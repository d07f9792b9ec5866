"""What the worker may not do in the store: the policy of its user, in the words of S3."""

from typing import Any

from infra.settings import StoreSettings

#: Nothing of these is ever deleted by a worker: chain slots, and what they name.
EDITS = ("chain/*", "masks/*", "patches/*", "results/*", "drawn/*")
_DELETING = ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteObjectTagging", "s3:PutLifecycleConfiguration")
#: By which an operator would make deletion possible.
_LOOSENING = (
    *("s3:BypassGovernanceRetention", "s3:PutObjectRetention", "s3:PutObjectLegalHold"),
    *("s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning", "s3:PutBucketPolicy"),
    *("s3:DeleteBucketPolicy", "s3:DeleteBucket"),
)


def of_worker(settings: StoreSettings) -> dict[str, Any]:
    """Everything but deleting, or making deletable, originals, digests, chain slots and what these name."""
    buckets = [_arn(name) for name in (settings.originals_bucket, settings.digests_bucket)]
    kept = [f"{one}/*" for one in buckets] + [_arn(f"{settings.edits_bucket}/{path}") for path in EDITS]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Work", "Effect": "Allow", "Action": ["s3:*"], "Resource": [_arn("*"), _arn("*/*")]},
            {
                "Sid": "NothingIsDeleted",
                "Effect": "Deny",
                "Action": [*_DELETING, *_LOOSENING],
                "Resource": [*buckets, _arn(settings.edits_bucket), *kept],
            },
        ],
    }


def _arn(name: str) -> str:
    return f"arn:aws:s3:::{name}"
