"""The OpenAPI document is valid, complete and true."""

import jsonschema
from openapi_spec_validator import OpenAPIV31SpecValidator

from companion.access import access_of
from companion.clock import now
from companion.database import transaction
from companion.infusions import operations as infusions

HEADERS = {"X-App-Request": "1"}
FULL = {
    "left_rating": 3,
    "note": "n",
    "movements": [{"movement": "lift_foot", "side": "left", "answer": "as_usual"}],
    "daily_hands": [{"item": "cutlery", "answer": "with_effort"}],
    "tapping": [{"hand": "left", "times_ms": [0], "seconds": 10}],
    "hand_warmth": "warm",
    "context": ["unusual_work"],
}


def document(client):
    return client.get("/api/v1/openapi.json").json


def shape_of(spec, path, method, code):
    schema = spec["paths"][path][method]["responses"][str(code)]["content"]["application/json"]["schema"]
    return {**schema, "components": spec["components"]}


def check(spec, answer, path, method="get"):
    jsonschema.validate(answer.json, shape_of(spec, path, method, answer.status_code))


def test_the_document_is_valid(client_of):
    OpenAPIV31SpecValidator(document(client_of(None))).validate()


def test_every_route_of_the_api_is_described(app, client_of):
    spec = document(client_of(None))
    rules = {
        (rule.rule, method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert rules == {(path, method) for path, item in spec["paths"].items() for method in item}
    assert all(access_of(app, rule.endpoint) for rule in app.url_map.iter_rules())


def test_real_answers_have_the_described_shape(people, client_of):
    with transaction():
        infusions.start_regimen(
            people.circle,
            first_on=now().date(),
            certainty="booked",
            interval_count=4,
            interval_unit="week",
            day_offsets=[0, 1],
            route="IV",
            now=now(),
        )
    ana, spec = client_of(people.ana), document(client_of(None))
    path = "/api/v1/check-ins"
    check(spec, ana.post(path, json=FULL, headers=HEADERS), path, "post")
    check(spec, ana.post(path, json={"left_rating": 9}, headers=HEADERS), path, "post")
    check(spec, ana.post(path, json={"left_rating": 9}), path, "post")
    check(spec, ana.get(path), path)
    check(spec, ana.get(f"{path}?from=x"), path)
    check(spec, ana.get(f"{path}?circle=unknown"), path)
    check(spec, client_of(None).get(path), path)
    check(spec, client_of(people.vera).get(path), path)
    totals = "/api/v1/questionnaire-totals"
    check(spec, ana.post(totals, json={"name": "RODS", "total": 3}, headers=HEADERS), totals, "post")
    check(spec, ana.get(totals), totals)
    listed = ana.get("/api/v1/infusions")
    check(spec, listed, "/api/v1/infusions")
    first = listed.json["infusions"][0]
    assert (first["certainty"], len(first["days"]), first["route"]) == ("booked", 2, "IV")
    assert client_of(people.sam).get(f"/api/v1/infusions?circle={people.circle.public_id}").status_code == 404
