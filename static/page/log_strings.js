// @ts-check
/**
 * The strings of the log, in English and in Chinese. Both hold the same keys; `{words}` are filled in by {@linkcode fill}.
 * Where English counts there are two keys, the one for a single thing ending in `One`.
 * @module
 */

const en = {
  today: "Today",
  yesterday: "Yesterday",
  youToo: "you",
  edited: "edited",
  deletedMessage: "This message was deleted.",
  editedAt: "Edited {time}",
  actions: "Message actions",
  reply: "Reply",
  react: "React",
  edit: "Edit",
  delete: "Delete",
  copyLink: "Copy link",
  reactedBy: "{emoji}: {names}",
  andOthers: "{names} and {count} others",
  andOtherOne: "{names} and 1 other",
  replyTo: "Answers {name}: {text}. Go to this message.",
  replyToUnknown: "An earlier message",
  replyToDeleted: "a deleted message",
  sending: "Sending…",
  waitingToSend: "Waiting to be sent",
  savingEdit: "Saving…",
  deleting: "Deleting…",
  notSent: "Not sent: {why}",
  unsureSent: "Perhaps sent: nobody can tell.",
  otherService: "Written for another service that was at this address. Not sent.",
  retry: "Retry",
  sendAgain: "Send again",
  sendHere: "Send here",
  discard: "Discard",
  newMessagesOne: "1 new message",
  newMessages: "{count} new messages",
  toLatest: "Jump to the latest",
  saidAloud: "{name}: {text}",
  loadingOlder: "Loading older messages…",
  olderFailed: "Older messages could not be loaded.",
  beginning: "This is the beginning of #{room}.",
  oldestKept: "What was said in #{room} before is not kept.",
  nothingYet: "Nothing has been said here yet. Say hello!",
  renamed: "{from} is now {name}",
  missingTooMany: "You were away for a while. Scroll up for what was said meanwhile.",
  missingTooOld: "Some of what was said here is missing: it is kept no more.",
  missingUnknown: "The room began anew. What was said before may be missing.",
  missingRewound: "The server has lost the last messages. Some that you saw may be missing.",
  goneMessage: "This message is not there any more.",
  farMessage: "This message could not be loaded. Try again when you are connected.",
};

/** @type {typeof en} */
const zh = {
  today: "今天",
  yesterday: "昨天",
  youToo: "你",
  edited: "已编辑",
  deletedMessage: "这条消息已删除。",
  editedAt: "编辑于 {time}",
  actions: "消息操作",
  reply: "回复",
  react: "回应",
  edit: "编辑",
  delete: "删除",
  copyLink: "复制链接",
  reactedBy: "{emoji}：{names}",
  andOthers: "{names} 和另外 {count} 人",
  andOtherOne: "{names} 和另外 1 人",
  replyTo: "回复 {name}：{text}。跳到这条消息。",
  replyToUnknown: "更早的消息",
  replyToDeleted: "已删除的消息",
  sending: "发送中…",
  waitingToSend: "等待发送",
  savingEdit: "保存中…",
  deleting: "删除中…",
  notSent: "未发送：{why}",
  unsureSent: "可能已发送，无法确认。",
  otherService: "这条消息是写给此网址之前的另一个服务的，尚未发送。",
  retry: "重试",
  sendAgain: "再次发送",
  sendHere: "发送到这里",
  discard: "放弃",
  newMessagesOne: "1 条新消息",
  newMessages: "{count} 条新消息",
  toLatest: "跳到最新",
  saidAloud: "{name}：{text}",
  loadingOlder: "正在加载更早的消息…",
  olderFailed: "无法加载更早的消息。",
  beginning: "这里是 #{room} 的开头。",
  oldestKept: "#{room} 更早的内容不再保留。",
  nothingYet: "这里还没有人说话，打个招呼吧！",
  renamed: "{from} 改名为 {name}",
  missingTooMany: "你离开了一段时间，向上滚动可查看这期间的消息。",
  missingTooOld: "这里缺少一部分消息：它们不再保留。",
  missingUnknown: "房间已重新开始，之前的消息可能缺失。",
  missingRewound: "服务器丢失了最后的消息，你看过的一些内容可能缺失。",
  goneMessage: "这条消息已不存在。",
  farMessage: "无法加载这条消息，请在连接后重试。",
};

/** @typedef {typeof en} LogStrings */

/** By language. */
export const logStrings = { en, zh };

/**
 * Fills in the `{words}` of a string; a value is put in as it is.
 * @param {string} text
 * @param {Readonly<Record<string, string | number>>} values
 */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, key) => String(values[key] ?? whole));
}

/**
 * A count in words.
 * @param {LogStrings} strings
 * @param {"newMessages"} key
 * @param {number} count
 */
export function counted(strings, key, count) {
  return count === 1 ? strings[`${key}One`] : fill(strings[key], { count });
}
