// @ts-check
/**
 * The Chinese strings for invites, devices and members.
 * @module
 */

/** The strings by key. @type {typeof import("./members_en.js").membersEn} */
export const membersZh = {
  joinTitle: "你收到了邀请",
  joinText: "起个昵称吧。它在这里只属于你，别人不能使用。",
  join: "加入",
  joinDeviceTitle: "在这台设备上登录",
  joinDeviceText:
    "这个链接会让这台设备以某位成员的身份登录，只能使用一次。只有那位成员是你本人时才继续。",
  joinKnownTitle: "你已经登录",
  joinKnown:
    "你在这个浏览器里的昵称是 {name}，所以没有使用这个链接。要使用它，请在其他浏览器或设备上打开。",
  joinNotKept: "浏览器不为本页保存任何内容，无法保持登录。请在其他浏览器中打开链接。",
  joinedElsewhere: "你已在另一个页面以成员身份加入，本页仍是访客。",
  nameLost: "{name} 现在属于一位成员，你的昵称是 {guestName}。",
  notNow: "暂不",
  roleOwner: "所有者",
  roleModerator: "管理员",
  roleMember: "成员",
  roleTitle: "{name} 的角色",
  rolePerson: "更改 {name} 的角色",
  roleOpen: "更改角色…",
  roleChange: "更改角色",
  roleDone: "{name} 的新角色：{role}。",
  roleOwn: "这是你自己的角色。只有另一位所有者能为你恢复。",
  roleLastOwner: "至少要有一位所有者。请先让另一位成员成为所有者。",
  aboutOwner: "{name} 拥有全部权限：管理所有房间，以任何角色邀请他人，并更改所有人的角色。",
  aboutModerator:
    "{name} 可以更改所有房间的设置，删除他人的消息，将成员和访客禁言、封禁或移出，查看举报，并邀请管理员和成员。",
  aboutMember: "{name} 可以像其他人一样聊天，但不能管理，也不能邀请他人。",
  invitePeople: "邀请他人",
  inviteRole: "角色",
  inviteUses: "可用人数",
  inviteUsesRule: "人数须在 1 到 1,000 之间。",
  inviteTime: "有效期",
  inviteRooms: "打开的房间",
  timeHour: "1 小时",
  timeDay: "1 天",
  timeWeek: "1 周",
  timeMonth: "30 天",
  makeLink: "生成链接",
  link: "链接",
  copy: "复制",
  copyByHand: "无法自动复制。链接已选中，请按 Ctrl+C（Mac 上按 ⌘C）。",
  linkIsLocal:
    "链接指向 {host}，只有这台电脑能打开。要给其他设备生成链接，请先用网络地址打开聊天。",
  qrCode: "链接的二维码",
  openInvites: "有效的邀请",
  noInvites: "暂无。",
  usesLeftOne: "还可供 1 人使用，{time} 到期。",
  usesLeftMany: "还可供 {count} 人使用，{time} 到期。",
  revoke: "撤销",
  devices: "设备",
  devicesText: "你已在这些浏览器中登录。不再使用的请退出登录。",
  thisDevice: "这台设备",
  unnamedDevice: "未命名的设备",
  lastSignIn: "上次登录：{time}",
  addDevice: "添加设备",
  deviceLinkRule: "请在另一台设备上打开链接或扫码。五分钟内有效，只能使用一次。",
  signOutHere: "确定退出？重新登录需要新的链接。",
  signedOut:
    "这台设备已退出登录。如需重新登录，请打开另一台设备上“设备”中的链接，或向服务运营者索取用于你设备的链接。",
  forgetAccount: "忘记这个账号",
  forgetRule: "忘记后，此浏览器中的草稿和未发送的消息会丢失。",
  forgetNow: "确定忘记",
  fault_bad_invite: "这个链接已被使用、已过期或已撤销，请索取新的链接。",
  fault_too_many_invites: "有效的邀请太多，请先撤销一些。",
};
