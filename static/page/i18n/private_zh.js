// @ts-check
/**
 * The Chinese strings about new rooms, and about private and direct ones, under the keys of private_en.js.
 * @module
 */

/** The strings by key. @type {typeof import("./private_en.js").privateEn} */
export const privateZh = {
  newRoomKind: "谁能看到这个房间",
  newRoomPrivate: "仅被添加的人",
  newRoomOpen: "所有知道房间名的人",
  newRoomListed: "所有人，并显示在房间列表中",
  newRoomName: "房间名",
  newRoomNameRule: "任何语言的字母和数字，以及 . _ -",
  newRoomTitleRule: "大家看到的名称，以后可以修改。",
  newRoomCreate: "创建",
  roomHistoryJoined: "成员只能看到自己被添加之后的消息",
  roomTitleRulePrivate: "成员看到的名称，用来代替“私密房间”。",

  addPerson: "添加成员",
  addPersonDo: "添加",
  addPersonNobody: "你可以添加你的其他房间里的人，但现在那里没有别人。",
  addPersonAsk: "只有非访客的成员可以添加其他人。",
  inviteToRoom: "通过链接邀请",
  removeMember: "移除",
  memberCreator: "创建了房间",
  memberAway: "不在线",
  addRefused: "你现在无法添加 {name}。",
  memberAdded: "已添加 {name}。",
  memberRemoved: "已移除 {name}。",
  messagePerson: "给 {name} 发私信",

  leavePrivateTitle: "离开 {room}？",
  leavePrivateText:
    "你将不再看到这里的消息，只有成员可以再次添加你。最后一名成员离开后，消息将被删除。",
  leaveDirectTitle: "离开与 {room} 的对话？",
  leaveDirectText:
    "{room} 仍可阅读对话，但在你重新打开对话之前，无法在这里给你写消息，也无法把你添加到房间。",
  leaveUnsent: "你在这里写的内容尚未发送，离开后将被丢弃。",
  directLeft: "对方已离开这个对话。",
  directRefused: "你现在无法给 {name} 发私信。",
  leaveDo: "离开",
  roomGone: "你已不在 {room} 中。",
  roomUnread: "{room} 有未读消息。你已加入 {count} 个房间，达到上限，请先离开一个再阅读。",
};
