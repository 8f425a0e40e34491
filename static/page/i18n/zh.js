// @ts-check
/**
 * The Chinese strings of the page's frame, under the keys of en.js, and of the log. Those under the keys of later_en.js are
 * in later_zh.js. Chinese has no plural, so One and Many differ only in the number. Loaded only if chosen, while main.js
 * waits for it: do not import anything that is bundled into main.js.
 * @module
 */

import { logZh } from "./log_zh.js";

/** The strings by key. @type {typeof import("./en.js").en & import("./en.js").LogStrings} */
export const zh = {
  ...logZh,

  skip: "跳到输入框",
  rooms: "房间",
  openRooms: "显示房间",
  people: "在线用户",
  openPeople: "显示在线用户",
  close: "关闭",
  dismiss: "知道了",
  settings: "设置",
  conversation: "聊天记录",

  joinField: "加入或查找房间",
  leaveRoom: "离开房间",
  roomSettings: "房间设置",
  newRoom: "新建房间",
  roomMembers: "本房间的成员",
  somePrivate: "私密房间",
  someDirect: "私信",
  noRooms: "你还没有加入任何房间",
  noRoomsHint: "按名称查找房间，或新建一个。",
  nobodySpoke: "还没有消息",
  unreadOne: "1 条未读消息",
  unreadMany: "{count} 条未读消息",
  unreadMention: "{words}，有人提到你",
  roomJoining: "正在加入 {room}…",
  slowed: "正在放慢发送，以免超出服务器限制…",
  roomRefused: "无法加入 {room}：{why}",
  roomNameTaken: "你的昵称在 {room} 里已被占用，请换一个再加入。",
  roomNameTemporary: "昵称 {wanted} 在这里已被占用，空出之前你的昵称暂为 {name}。",
  chooseOther: "换一个昵称",
  roomMarkRefused: "未加入",
  roomLeft: "你已离开 {room}。",
  undo: "重新加入",

  peopleOne: "1 人",
  peopleMany: "{count} 人",
  sampled: "共 {count} 人，显示其中 {shown} 人",
  thatIsYou: "你",
  guest: "访客",
  markOwner: "所有者",
  markModerator: "管理员",
  markMember: "成员",
  markApp: "应用",
  guestBar: "你的昵称是 {name}。",
  chooseName: "起个昵称",
  myName: "你的昵称：{name}",
  nameless: "你的昵称",

  connecting: "正在连接…",
  offline: "你处于离线状态。",
  kept: "消息会在恢复连接后发送。",
  retryIn: "{seconds} 秒后重新连接",
  retrying: "正在重新连接…",
  retryNow: "立即重试",
  ended: "服务器关闭了连接：{why}",
  reload: "重新加载",
  online: "已连接",

  message: "消息",
  markPrivate: "私密",
  markDirect: "仅你们两人可见",
  messageTo: "发消息到 {room}",
  send: "发送",
  save: "保存",
  emoji: "表情",
  hint: "按 Enter 发送，按 Shift+Enter 换行。",
  hintCode: "在代码中按 Enter 换行，按 Ctrl+Enter 发送。",
  tooLong: "超出 {bytes} 字节，请缩短或分成几条发送。",
  answering: "回复 {name}：{text}",
  cancelReply: "取消回复",
  editing: "正在编辑你的消息",
  cancelEdit: "取消编辑",
  editDeleted: "你正在编辑的消息已被删除。如有改动，已转为草稿。",
  editChanged: "你正在编辑的消息已在别处修改。如有改动，已转为草稿。",
  replyDeleted: "你要回复的消息已被删除。",
  typingOne: "{name} 正在输入…",
  typingTwo: "{name} 和 {other} 正在输入…",
  typingMany: "多人正在输入…",

  partNotLoaded: "页面的这一部分无法加载。",
  tryAgain: "重试",
  pageUpdated: "页面已更新，请重新加载。",

  faultOther: "出了点问题（{code}）。",

  close1006: "连接已断开。",
  close1012: "服务器正在重启。",
  closeOther: "连接已关闭（代码 {code}）。",
};
