"""The catalogue for harvesters: what DCAT-AP asks of it, and the bytes it tells of."""

from __future__ import annotations

import hashlib
import json

import pytest

from mediation_geo.release import write_release
from mediation_geo.release.publication import write_publication
from tests.release.tables import town

rdflib = pytest.importorskip("rdflib", reason="rdflib is not installed")

BASE = "https://donnees.exemple.fr/lieux"
DCAT, DCT, FOAF, SPDX, XSD, ADMS, SKOS, GEO = (
    rdflib.Namespace(each)
    for each in (
        "http://www.w3.org/ns/dcat#", "http://purl.org/dc/terms/", "http://xmlns.com/foaf/0.1/", "http://spdx.org/rdf/terms#",
        "http://www.w3.org/2001/XMLSchema#", "http://www.w3.org/ns/adms#", "http://www.w3.org/2004/02/skos/core#",
        "http://www.opengis.net/ont/geosparql#",
    )
)  # fmt: skip
TEXT, ADDRESS = "text in French", "an address"

# DCAT-AP 3.0: for each class, each property with the class or datatype of its values and how often it may stand there. What is
# mandatory stands first; then what is recommended and written here. The class of every value is told in the file itself.
SHAPES = {
    DCAT.Catalog: {
        DCT.title: (TEXT, 1, None), DCT.description: (TEXT, 1, None), DCT.publisher: (FOAF.Agent, 1, 1),
        DCAT.dataset: (DCAT.Dataset, 1, None), DCT.language: (DCT.LinguisticSystem, 1, None),
        DCT.license: (DCT.LicenseDocument, 1, 1), DCT.modified: (XSD.date, 1, 1), FOAF.homepage: (FOAF.Document, 1, 1),
    },
    DCAT.Dataset: {
        DCT.title: (TEXT, 1, None), DCT.description: (TEXT, 1, None), DCT.publisher: (FOAF.Agent, 1, 1),
        DCAT.distribution: (DCAT.Distribution, 1, None), DCAT.keyword: (TEXT, 1, None), DCAT.theme: (SKOS.Concept, 1, None),
        DCT.language: (DCT.LinguisticSystem, 1, None), DCT.license: (DCT.LicenseDocument, 1, 1),
        DCT.accrualPeriodicity: (DCT.Frequency, 1, 1), DCT.modified: (XSD.date, 1, 1), DCT.identifier: (XSD.string, 1, None),
        DCAT.version: (XSD.string, 1, 1), ADMS.versionNotes: (TEXT, 1, None), DCAT.landingPage: (FOAF.Document, 1, None),
        DCT.spatial: (DCT.Location, 1, None), DCAT.previousVersion: (ADDRESS, 1, 1),
    },
    DCAT.Distribution: {
        DCAT.accessURL: (ADDRESS, 1, None), DCAT.downloadURL: (ADDRESS, 1, None), DCT.title: (TEXT, 1, None),
        DCAT.mediaType: (DCT.MediaType, 1, 1), DCAT.byteSize: (XSD.nonNegativeInteger, 1, 1),
        DCT.license: (DCT.LicenseDocument, 1, 1), DCT.modified: (XSD.date, 1, 1), SPDX.checksum: (SPDX.Checksum, 1, 1),
        DCT.conformsTo: (DCT.Standard, 0, None),
    },
    FOAF.Agent: {FOAF.name: (XSD.string, 1, None)},
    SPDX.Checksum: {SPDX.algorithm: (ADDRESS, 1, 1), SPDX.checksumValue: (XSD.hexBinary, 1, 1)},
    DCT.Location: {DCAT.bbox: (GEO.wktLiteral, 0, 1)},
}  # fmt: skip


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("releases")
    write_release(folder, **town(30, as_of="2026-11-20"))
    write_release(folder, **town(31, as_of="2026-11-21"))
    out = tmp_path_factory.mktemp("site") / "lieux"
    return write_publication(folder, out, base_url=BASE + "/", publisher="Association d'exemple", formats=["csv", "geojson"])


@pytest.fixture(scope="module")
def graph(published):
    return rdflib.Graph().parse(published / "catalog.jsonld", format="json-ld")


def fits(graph, value, kind):
    if kind is TEXT:
        return isinstance(value, rdflib.Literal) and value.language == "fr" and bool(value.strip())
    if kind is ADDRESS:
        return isinstance(value, rdflib.URIRef) and str(value).startswith(("http://", "https://"))
    if isinstance(value, rdflib.Literal):
        return kind == (value.datatype or XSD.string) and not value.ill_typed
    return (value, rdflib.RDF.type, kind) in graph


pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # within rdflib


@pytest.mark.parametrize("kind", SHAPES, ids=lambda kind: kind.rpartition("/")[2])
def test_every_resource_has_what_dcat_ap_asks_of_its_class(graph, kind):
    resources = set(graph.subjects(rdflib.RDF.type, kind))
    assert resources
    for resource in resources:
        for name, (expected, least, most) in SHAPES[kind].items():
            values = list(graph.objects(resource, name))
            assert least <= len(values) <= (most or len(values)), (resource, name, values)
            assert all(fits(graph, value, expected) for value in values), (resource, name, values)
        # Nothing stands there that was not looked at.
        assert set(graph.predicates(resource)) - {rdflib.RDF.type} <= set(SHAPES[kind])


def test_a_harvester_finds_each_file_with_the_size_and_checksum_of_its_bytes(published, graph):
    dataset = graph.value(predicate=rdflib.RDF.type, object=DCAT.Dataset)
    found = set()
    for distribution in graph.objects(dataset, DCAT.distribution):
        name = str(graph.value(distribution, DCAT.downloadURL)).removeprefix(BASE + "/")
        content = (published / name).read_bytes()
        assert int(graph.value(distribution, DCAT.byteSize)) == len(content)
        checksum = graph.value(graph.value(distribution, SPDX.checksum), SPDX.checksumValue)
        assert str(checksum).casefold() == hashlib.sha256(content).hexdigest()
        found.add(name)
    assert found == {each["file"] for each in json.loads((published / "index.json").read_bytes())["files"]}
