// @ts-check
/**
 * Every string of the chat page, in English and in Chinese. Both languages hold the same keys, and a
 * value's `{words}` are filled in by {@linkcode fill}. Nothing here touches the page, so that a test
 * can load it outside a browser; what the server itself writes comes in its own words.
 * @module
 */

const en = {
  welcomeTitle: "Come in and talk",
  welcomeText:
    "Pick a name if you like, press Join, and everybody in the same room reads what you write.",
  name: "Your name",
  namePlaceholder: "Optional",
  room: "Room",
  join: "Join",
  leave: "Leave",
  conversation: "Conversation",
  quiet: "Nothing has been said since you came. Say hello!",
  message: "Message",
  messageHint: "Enter sends, Shift+Enter makes a new line.",
  send: "Send",
  newMessages: "New messages",
  echoPage: "Echo page",
  idle: "Not connected.",
  joining: "Joining {room}…",
  joinedAs: "You are in {room} as {name}.",
  joinedAsGuest: "You are in {room} under a guest name.",
  left: "You left {room}.",
  back: "Connected again. What was said in the meantime may be missing here.",
  retrying: "Reconnecting…",
  retryIn: "Reconnecting in {seconds} s",
  retryNow: "Try now",
  tooLong:
    "Not sent: the text is longer than {bytes} bytes. Please shorten it or send it in parts.",
  notSent: "Not sent: there is no connection right now. Your text is still here.",
  unreachable: "The server cannot be reached.",
  close1000: "The server ended the conversation.",
  close1001: "The server is going away.",
  close1003: "The server did not understand this page.",
  close1006: "The connection was lost.",
  close1008:
    "You were disconnected: too many messages in a short time. Wait a little, then join again.",
  close1009: "You were disconnected: a message was too large.",
  close1011: "The server met an error of its own.",
  close1012: "The server is restarting.",
  close1013: "The server is busy.",
  close4008: "The connection was too slow to keep up.",
  close4009: "The connection had gone silent.",
  close4501: "The name {name} is taken. Choose another; if it was yours just now, wait a moment.",
  close4502:
    "This name cannot be used. It needs 1 to 32 characters, without “: ” inside, and must " +
    "not begin with *, ! or /.",
  close4503: "This room's name cannot be used. It needs 1 to 64 letters (A–Z), digits, or . _ -",
  closeOther: "The connection was closed (code {code}).",
  serverSays: " Server: {reason}",
};

/** @type {typeof en} */
const zh = {
  welcomeTitle: "进来聊聊吧",
  welcomeText: "起个昵称（也可以不填），点“加入”，同一房间里的人就都能看到你说的话。",
  name: "昵称",
  namePlaceholder: "可不填",
  room: "房间",
  join: "加入",
  leave: "离开",
  conversation: "聊天记录",
  quiet: "你进来以后还没有人说话，打个招呼吧！",
  message: "消息",
  messageHint: "按 Enter 发送，按 Shift+Enter 换行。",
  send: "发送",
  newMessages: "有新消息",
  echoPage: "回声页面（英文）",
  idle: "未连接。",
  joining: "正在加入 {room}……",
  joinedAs: "你在房间 {room}，昵称 {name}。",
  joinedAsGuest: "你在房间 {room}，昵称由服务器随机分配。",
  left: "你已离开 {room}。",
  back: "已重新连接。断开期间的消息可能没有显示在这里。",
  retrying: "正在重新连接……",
  retryIn: "{seconds} 秒后重新连接",
  retryNow: "立即重试",
  tooLong: "未发送：内容超过 {bytes} 字节，请缩短或分成几条发送。",
  notSent: "未发送：现在没有连接。你写的内容还在。",
  unreachable: "连不上服务器。",
  close1000: "服务器结束了会话。",
  close1001: "服务器正在下线。",
  close1003: "服务器无法理解这个页面发送的内容。",
  close1006: "连接已断开。",
  close1008: "连接已被断开：短时间内消息太多。请稍等片刻再加入。",
  close1009: "连接已被断开：有一条消息太大。",
  close1011: "服务器内部出错。",
  close1012: "服务器正在重启。",
  close1013: "服务器繁忙。",
  close4008: "网络太慢，跟不上消息，连接已断开。",
  close4009: "连接长时间没有应答。",
  close4501: "昵称 {name} 已有人使用，请换一个；如果刚才就是你在用，请稍等片刻再试。",
  close4502: "这个昵称不能用。昵称须为 1 到 32 个字符，中间不能有“: ”，也不能以 *、! 或 / 开头。",
  close4503: "这个房间名不能用。房间名须为 1 到 64 个英文字母、数字或 . _ - 字符。",
  closeOther: "连接已关闭（代码 {code}）。",
  serverSays: "服务器：{reason}",
};

/** The strings by language. */
export const strings = { en, zh };

/** @typedef {keyof typeof strings} Language */
/** @typedef {typeof en} Strings */

/**
 * The first language of the list that there are strings for; English if there is none.
 * @param {readonly string[]} wanted Language tags, best first, as in `navigator.languages`.
 * @returns {Language}
 */
export function pickLanguage(wanted) {
  for (const tag of wanted) {
    const primary = tag.toLowerCase().split("-")[0];
    if (primary === "zh" || primary === "en") return primary;
  }
  return "en";
}

/**
 * Puts values in the places of a string's `{words}`. A word without a value stays as it is.
 * @param {string} template
 * @param {Readonly<Record<string, string | number>>} values
 * @returns {string}
 */
export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, word) => String(values[word] ?? whole));
}

/**
 * How a connection ended, in words. The server's own reason is English and terse, so it is added only
 * where it may say more than the code does.
 * @param {Strings} t
 * @param {{ code: number, reason: string, reached: boolean }} ending
 * @param {string} name The name that was asked for.
 * @returns {string}
 */
export function endingWords(t, { code, reason, reached }, name) {
  if (code === 1006 && !reached) return t.unreachable;
  const known = Object.entries(t).find(([key]) => key === `close${code}`);
  if (known !== undefined) return fill(known[1], { name });
  return fill(t.closeOther, { code }) + (reason === "" ? "" : fill(t.serverSays, { reason }));
}
