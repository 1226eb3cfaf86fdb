"""Run by the Python of the system, which has QGIS: opens the collection as a layer, counts, filters; writes one JSON document."""

import json
import os
import sys


def main(address, collection):
    """Write what QGIS finds at an address; QGIS is imported here, since the tests' own Python has none."""
    from qgis.core import QgsApplication, QgsDataSourceUri, QgsFeatureRequest, QgsRectangle, QgsVectorLayer

    application = QgsApplication([], False)
    application.initQgis()
    source = QgsDataSourceUri()
    source.setParam("url", address)
    source.setParam("typename", collection)
    source.setParam("pageSize", "100")
    layer = QgsVectorLayer(source.uri(False), "lieux", "OAPIF")
    found = {"valid": layer.isValid(), "crs": layer.crs().authid(), "announced": layer.featureCount()}
    found["fields"] = {each.name(): each.typeName() for each in layer.fields()}
    found["read"] = sum(1 for _ in layer.getFeatures())
    box = QgsFeatureRequest().setFilterRect(QgsRectangle(2.0, 48.5, 2.8, 49.1))
    found["box"] = sum(1 for _ in layer.getFeatures(box))
    # One place, as a click on the map identifies it.
    [place] = layer.getFeatures(QgsFeatureRequest().setFilterExpression("\"code_departement\" = '01'").setLimit(1))
    found["place"] = {name: str(place[name]) for name in ("id", "code_postal", "code_departement")}
    point = place.geometry().asPoint()
    found["position"] = [point.x(), point.y()]
    found["filter_accepted"] = layer.setSubsetString("\"code_departement\" = '59'")
    found["filtered"] = sum(1 for _ in layer.getFeatures())
    sys.stdout.write(json.dumps(found))
    sys.stdout.flush()
    # QGIS may crash while Python takes its objects down in an order of its own.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
