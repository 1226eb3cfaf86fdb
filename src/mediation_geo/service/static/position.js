// Geolocation stays with this site: the position is rounded before it leaves the browser.
(() => {
  const button = document.getElementById("ma-position");
  if (!button || !navigator.geolocation) return;
  button.parentElement.hidden = false;
  button.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      const query = new URLSearchParams(new FormData(button.form));
      query.delete("q");
      for (const [name, value] of [...query]) if (!value) query.delete(name);
      query.set("lat", coords.latitude.toFixed(3));
      query.set("lon", coords.longitude.toFixed(3));
      location.href = "/proches?" + query;
    });
  });
})();
