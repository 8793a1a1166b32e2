"""A view of Django REST framework that raises: its answer rolls the request back, and no try with it."""

from __future__ import annotations

import pytest
from test_store import site

SCRIPT = """if True:
    import django
    django.setup()
    from django.core.management import call_command
    from django.db import connections
    from django.test import Client
    from django.urls import path
    for name in connections:
        call_command("migrate", database=name, run_syncdb=True, verbosity=0)

    import database_urls
    from people.models import Attempt
    from rest_framework.exceptions import APIException, ValidationError
    from rest_framework.views import APIView
    from sansms.django import client_ip, service
    from sansms.testing import Sandbox

    class Register(APIView):
        authentication_classes = ()

        def post(self, request):
            Attempt.objects.create()
            data = request.data
            done = service.verify(data["phone"], data["code"], purpose="register", ip=client_ip(request))
            if not done.ok:
                raise ValidationError({"code": done.text_en})
            raise APIException("the account could not be made")

    database_urls.urlpatterns.append(path("api/register/", Register.as_view()))
    sandbox = Sandbox()
    with sandbox.service(store=service.current._store) as other, service.using(other):
        client = Client()

        def post(address, **data):
            return client.post(address, data, content_type="application/json", HTTP_X_FORWARDED_FOR="203.0.113.7")

        def code_for(phone):
            send = client.post("/code/", {"phone": phone}, HTTP_X_FORWARDED_FOR="203.0.113.7")
            assert send.json()["kind"] == "sent", send.content
            return sandbox.outbox[-1].code

        code = code_for("13800138000")
        wrong = str((int(code) + 1) % 10**6).zfill(6)
        for left in (2, 1, 0):
            answer = post("/api/register/", phone="13800138000", code=wrong)
            assert answer.status_code == 400 and answer.json()["code"], answer.content
        assert Attempt.objects.count() == 0, "the request was not rolled back"
        assert post("/api/register/", phone="13800138000", code=code).status_code == 400, "a fourth try was taken"
        # The right code is spent, though what came after it failed.
        code = code_for("13800138001")
        assert post("/api/register/", phone="13800138001", code=code).status_code == 500
        assert post("/api/register/", phone="13800138001", code=code).status_code == 400
        assert Attempt.objects.count() == 0
    print("done")
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mariadb"])
def test_a_view_that_raises_gives_no_try_back(kind, tmp_path):
    pytest.importorskip("rest_framework")
    assert site(kind, tmp_path, SCRIPT).endswith("done\n")
