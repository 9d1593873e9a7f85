// Compiles, or `npm test` fails: what the browser's session promises.
import { createSession, SessionError, type Session, type SessionUser } from "laika-verifier/client";

export async function use(): Promise<string> {
  const session: Session = createSession({ issuer: "https://id.example.com", apis: { "https://api.example.com": "orders" } });
  const end: () => void = session.onChange((user: SessionUser | undefined) => console.log(user?.username));
  const user: SessionUser | undefined = await session.restore();
  const proved: SessionUser | undefined = await session.verifyEmail("laika_verify_x");
  const token: string | undefined = await session.token("orders");
  const answer: Response = await session.fetch(new URL("https://api.example.com/orders"), { method: "POST", body: "{}" });
  end();
  return `${user?.id} ${proved?.id} ${token} ${answer.status}`;
}

export function narrow(error: SessionError): string {
  switch (error.code) {
    case "password_weak":
      return `${error.strength?.score} ${error.strength?.suggestions.join()}`;
    case "email_unverified":
      return `${error.emailProof?.expiresIn}`;
    case "fields_invalid":
      return error.fields.map(({ field, detail }) => `${field}: ${detail}`).join();
    default:
      return `${error.code} ${error.retryAfter ?? 0}`;
  }
}

export function wrong(session: Session): void {
  // @ts-expect-error: no such option
  createSession({ issuer: "https://id.example.com", origins: [] });
  // @ts-expect-error: of some service
  void session.token();
  // @ts-expect-error: only the session says who is logged in
  session.user = undefined;
}
