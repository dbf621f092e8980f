// In a pop-up that the page which began has opened, nobody has to confirm what they have just asked for.

const form = document.querySelector("form[data-goes-on]");

if (form && window.opener) form.requestSubmit();
