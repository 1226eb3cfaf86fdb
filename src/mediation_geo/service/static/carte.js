// The map is fetched only when somebody asks for it; the list above it is always complete without it.
(() => {
  const frame = document.getElementById("carte");
  const button = document.getElementById("afficher-carte");
  if (!frame || !button) return;
  button.parentElement.hidden = false;
  const add = (tag, attributes) => new Promise((done, failed) => {
    const node = Object.assign(document.createElement(tag), attributes, { onload: done, onerror: failed });
    document.head.append(node);
  });
  button.addEventListener("click", async () => {
    button.disabled = true;
    await Promise.all([
      add("link", { rel: "stylesheet", href: "/statique/leaflet/leaflet.css" }),
      add("script", { src: "/statique/leaflet/leaflet.js" }),
    ]);
    const answer = await (await fetch(frame.dataset.points)).json();
    frame.hidden = false;
    const map = L.map(frame);
    if (frame.dataset.fond === "ign") {
      L.tileLayer("https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&STYLE=normal&FORMAT=image/png&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}",
        { attribution: "IGN", maxZoom: 19, referrerPolicy: "no-referrer" }).addTo(map);
    }
    const { lat, lon } = answer.recherche.origin;
    const points = answer.features.map((feature, rank) => {
      const [x, y] = feature.geometry.coordinates;
      const words = document.createElement("span");
      words.textContent = `${rank + 1}. ${feature.properties.nom}`;
      return L.circleMarker([y, x], { radius: 10, color: "#12564a", fillOpacity: 0.9 }).bindPopup(words).addTo(map);
    });
    L.circleMarker([lat, lon], { radius: 6, color: "#8a1f11" }).addTo(map);
    map.fitBounds(L.featureGroup(points).getBounds().extend([lat, lon]).pad(0.2));
    button.parentElement.hidden = true;
  });
})();
