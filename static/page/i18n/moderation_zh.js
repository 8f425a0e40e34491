// @ts-check
/**
 * The Chinese strings for moderation and reports, under the keys of moderation_en.js.
 * @module
 */

/** The strings by key. @type {typeof import("./moderation_en.js").moderationEn} */
export const moderationZh = {
  moderation: "管理",
  moderate: "管理",
  moderatePerson: "管理 {name}",
  moderateTitle: "管理 {name}",
  moderateAction: "操作",
  moderateTime: "时长",
  moderateWhere: "范围",
  moderateHere: "在 {room} 里",
  everywhere: "所有房间",
  untilTime: "至 {time}",
  timeTenMinutes: "10 分钟",
  timeForGood: "永久",
  mute: "禁言",
  muteHere: "{name} 可以阅读 {room}，但不能发言或回应。",
  muteEverywhere: "{name} 可以阅读，但在任何房间都不能发言或回应。",
  muteDone: "{name} 已被禁言。",
  ban: "封禁",
  banHere:
    "{name} 将被移出 {room}，且无法再加入。如果对方是访客，同一 IP 地址的其他访客也无法加入。",
  banEverywhere:
    "{name} 将被断开连接，且不能再使用此聊天。如果对方是访客，同一 IP 地址的其他访客也无法加入。",
  banDone: "{name} 已被封禁。",
  kick: "移出",
  kickHere: "{name} 将被移出 {room}，但可以重新加入。",
  kickDone: "{name} 已被移出 {room}。",
  reasonForOne: "{name} 和管理员会看到。",
  sanctions: "被禁言和封禁的人",
  sanctionsNone: "没有人被禁言或封禁。",
  isMuted: "{name} 已被禁言",
  isBanned: "{name} 已被封禁",
  unmute: "解除禁言",
  unban: "解除封禁",

  report: "举报",
  reportTitle: "举报 {name} 的这条消息？",
  reportText: "管理员会看到这条消息以及举报人。",
  reportDone: "已向管理员举报这条消息。",
  reports: "举报",
  reportsNone: "没有举报。",
  reportsUnread: "未读举报：{count}",
  reportHead: "{by} 举报了 {room} 里的一条消息。",
  heldHead: "{by} 发往 {room} 的一条消息正等待审核。",
  heldDone: "{by} 已处理 {name} 发往 {room} 的一条消息。",
  heldSend: "通过并发送",
  heldRefuse: "不通过",
  reportNote: "给其他管理员的留言",
  goToMessage: "跳到消息",
  showOlder: "显示更早的",

  lockService: "不对访客开放",
  lockAbout: "访客不能加入房间，也不能发送消息。成员不受影响。",
  lockedBar: "服务暂不对访客开放：访客不能加入，也不能发送。",
  unlockService: "对访客开放",
  moderationTools: "工具",
  clear: "全部删除",
  clearRoom: "删除所有消息…",
  clearTitle: "删除 {room} 的所有消息？",
  clearText: "将为所有人删除迄今发送的所有消息及其表情回应，且无法恢复。房间会保留，并显示操作者。",
  deleteRoom: "删除房间…",
  deleteRoomTitle: "删除 {room}？",
  deleteRoomText:
    "将为所有人删除所有消息以及房间的标题和话题，且无法恢复。房间会归档，不再列出，其名称仍被占用。",
  deleteRoomDone: "{room} 已删除。",
  clearDone: "{room} 之前的消息已全部删除。",

  audit: "操作记录",
  auditAddress: "也适用于该访客的 IP 地址",
};
