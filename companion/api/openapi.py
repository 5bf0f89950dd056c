"""The OpenAPI 3.1 document, made from the classes that the API really uses."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from companion.api import forms

CLASSES: tuple[type[BaseModel], ...] = (
    forms.CheckInIn,
    forms.CheckInList,
    forms.TotalIn,
    forms.TotalList,
    forms.InfusionList,
    forms.Saved,
    forms.Problem,
)


def document(base_url: str) -> dict[str, Any]:
    """The description of `/api/v1` at one address."""
    _refs, shapes = models_json_schema(
        [(one, "validation" if one in (forms.CheckInIn, forms.TotalIn) else "serialization") for one in CLASSES],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "MMN Companion",
            "version": "1",
            "description": "Check-ins and infusions of a care circle. Sign in with the app's own session cookie.",
        },
        "servers": [{"url": base_url}],
        "security": [{"session": []}],
        "paths": {
            "/api/v1/check-ins": {
                "get": _list("CheckInList", "Check-ins, newest first"),
                "post": _create("CheckInIn", "recordCheckIn", "a check-in"),
            },
            "/api/v1/questionnaire-totals": {
                "get": _list("TotalList", "Totals of questionnaires, newest first"),
                "post": _create("TotalIn", "recordTotal", "a total of a questionnaire"),
            },
            "/api/v1/infusions": {"get": _list("InfusionList", "Infusions, oldest first")},
            "/api/v1/openapi.json": {
                "get": {
                    "operationId": "document",
                    "summary": "This document",
                    "security": [],
                    "responses": {"200": {"description": "OpenAPI 3.1", "content": _json({"type": "object"})}},
                }
            },
        },
        "components": {
            "schemas": shapes["$defs"],
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "session"}},
            "parameters": {
                "circle": _query("circle", {"type": "string"}, "Public id; may be left out with only one circle"),
                "from": _query("from", {"type": "string", "format": "date"}, "First local date"),
                "to": _query("to", {"type": "string", "format": "date"}, "Last local date"),
            },
        },
    }


def _query(name: str, schema: dict[str, Any], words: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": words}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _shape(name: str) -> dict[str, Any]:
    return _json({"$ref": f"#/components/schemas/{name}"})


def _problems(*codes: str) -> dict[str, Any]:
    words = {
        "400": "Unreadable, or the circle must be named",
        "401": "Not signed in",
        "403": "Right missing, or the call comes from another site",
        "404": "No such circle for this account",
        "413": "Body larger than 256 KB",
        "422": "A field needs fixing, or the key was used with another body",
        "503": "Busy; try again",
    }
    return {code: {"description": words[code], "content": _shape("Problem")} for code in codes}


def _list(shape: str, words: str) -> dict[str, Any]:
    return {
        "operationId": f"get{shape}",
        "summary": words,
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in ("circle", "from", "to")],
        "responses": {
            "200": {"description": words, "content": _shape(shape)},
            **_problems("400", "401", "403", "404", "422", "503"),
        },
    }


def _create(shape: str, name: str, what: str) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": f"Record {what}; sending it again with the same key makes no second one",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "minLength": 1, "maxLength": 64},
                "description": "The same as `client_id` in the body",
            },
            {
                "name": "X-App-Request",
                "in": "header",
                "required": True,
                "schema": {"const": "1"},
                "description": "Keeps other sites from posting here",
            },
        ],
        "requestBody": {"required": True, "content": _shape(shape)},
        "responses": {
            "201": {"description": "Recorded, now or before", "content": _shape("Saved")},
            **_problems("400", "401", "403", "404", "413", "422", "503"),
        },
    }
