"""The view that takes delivery receipts."""

from __future__ import annotations

from django.conf import settings
from django.db.transaction import non_atomic_requests
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from sansms._receipts import MOST

from ._service import service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from django.http import HttpRequest


@csrf_exempt
@non_atomic_requests
@require_POST
def receipts(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Answers a vendor's push as it expects; 404 for a key that is not `service.receipt_path`."""
    most = min(MOST, settings.DATA_UPLOAD_MAX_MEMORY_SIZE or MOST)
    body = request.read(most + 1)  # what is longer is not taken in, whatever length was stated, or none
    if len(body) > most:
        return HttpResponse(status=413)
    status, answer = service.answer_push(kind, key, body)
    return HttpResponse(answer, status=status, content_type="application/json")
