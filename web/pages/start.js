// In a file of its own, because the content security policy allows no script inside the page.
SwaggerUIBundle({
  url: "/swagger.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  // Without this, the page asks a server of Swagger's makers to check the description.
  validatorUrl: null,
});
