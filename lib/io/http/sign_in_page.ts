/**
 * The page that a user sees who could not be signed in. It contains nothing from the request.
 * @module
 */
import type { GuestLanguage } from "../../core/names/names.ts";
import { textResponse } from "./responses.ts";

/** Why the user was not signed in, as the page says it. */
export type SignInProblem = "denied" | "over" | "away" | "refused" | "not ready";

const STATUS: Readonly<Record<SignInProblem, number>> = {
  denied: 403,
  over: 400,
  away: 503,
  refused: 502,
  "not ready": 503,
};

type Words = Readonly<Record<SignInProblem | "title" | "again" | "chat", string>>;

const EN: Words = {
  title: "You are not signed in",
  denied: "The sign-in was cancelled, or you may not use this service.",
  over: "This sign-in took too long, was used before or began in another browser or another tab.",
  away: "The sign-in service cannot be reached right now.",
  refused:
    "The sign-in service did not answer as expected. If this happens again, tell the operator.",
  "not ready": "The chat is not ready yet. Try again in a moment.",
  again: "Try again",
  chat: "Chat page",
};

const ZH: Words = {
  title: "尚未登录",
  denied: "登录已取消，或者你无权使用此服务。",
  over: "这次登录用时过长、已经用过，或者是在另一个浏览器或标签页中开始的。",
  away: "目前无法连接登录服务。",
  refused: "登录服务的回应不符合预期。如果再次出现，请告知服务运营者。",
  "not ready": "聊天服务尚未就绪，请稍后再试。",
  again: "重试",
  chat: "聊天页面",
};

/** The page, with the status of the problem. */
export function signInProblemPage(
  problem: SignInProblem,
  language: GuestLanguage,
  headers: Readonly<Record<string, string>>,
): Response {
  const words = language === "zh" ? ZH : EN;
  const markup = `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${words.title}</title>
<link rel="stylesheet" href="../parley.css">
</head>
<body class="echo">
<header><h1>${words.title}</h1></header>
<main><p>${words[problem]}</p><p><a href="login">${words.again}</a></p></main>
<footer><a href="../">${words.chat}</a></footer>
</body>
</html>
`;
  return textResponse(markup, STATUS[problem], {
    ...headers,
    "content-type": "text/html; charset=utf-8",
    "content-security-policy":
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
  });
}
