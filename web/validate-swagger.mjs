// Usage: node validate-swagger.mjs FILE
import SwaggerParser from "@apidevtools/swagger-parser";

const file = process.argv[2];
try {
  const api = await SwaggerParser.validate(file);
  console.log(`validate-swagger: ${Object.keys(api.paths).length} paths, valid`);
} catch (error) {
  console.error(`${file}: ${error.message}`);
  process.exit(1);
}
