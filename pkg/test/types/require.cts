// What the declarations promise to a module that requires.
import laika = require("laika-verifier");

export async function use(token: string): Promise<string> {
  const verifier: laika.Verifier = await laika.createVerifier({ issuers: { issuer: "i", audience: "a", jwks: { keys: [] } } });
  try {
    return verifier.verifySync(token).subject;
  } catch (error) {
    if (error instanceof laika.LaikaError) return error.code satisfies laika.LaikaErrorCode;
    throw error;
  }
}
