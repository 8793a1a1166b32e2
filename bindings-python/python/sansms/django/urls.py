"""The endpoint of delivery receipts: `path("sansms/", include("sansms.django.urls"))`.

A vendor is then told `https://…/sansms/receipts/<kind>/<service.receipt_path>/`.
"""

from __future__ import annotations

from django.urls import URLPattern, path

from ._receipts import receipts

app_name = "sansms"

urlpatterns: list[URLPattern] = [path("receipts/<slug:kind>/<slug:key>/", receipts, name="receipts")]
