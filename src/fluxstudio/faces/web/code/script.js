// A comment that came after the page did is scrolled to as if it had been there.

const arrive = () => {
  const place = location.hash.startsWith("#comment-") && document.getElementById(location.hash.slice(1));
  if (place && !place.matches(":target")) location.replace(location.hash);
};

for (const name of ["htmx:afterSwap", "htmx:after:swap"]) document.addEventListener(name, arrive);
