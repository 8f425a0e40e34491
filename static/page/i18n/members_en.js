// @ts-check
/**
 * The English strings for invites, devices and members.
 * @module
 */

/** The strings by key. */
export const membersEn = {
  joinTitle: "You are invited",
  joinText: "Choose a name. It will be yours: no one else can use it here.",
  join: "Join",
  joinDeviceTitle: "Sign in on this device",
  joinDeviceText:
    "This link signs this device in as the member for whom it was made. It works once. Continue only if that is you.",
  joinKnownTitle: "You are already signed in",
  joinKnown:
    "You are {name} in this browser, so the link was not used. To use it, open it in another browser or on another device.",
  joinNotKept:
    "This browser stores nothing for this page, so you could not stay signed in. Open the link in another browser.",
  joinedElsewhere: "You have joined as a member on another page. This one is still a guest’s.",
  nameLost: "{name} belongs to a member now; you are {guestName}.",
  notNow: "Not now",
  roleOwner: "Owner",
  roleModerator: "Moderator",
  roleMember: "Member",
  roleTitle: "Role of {name}",
  rolePerson: "Change the role of {name}",
  roleOpen: "Change role…",
  roleChange: "Change role",
  roleDone: "{name} has a new role: {role}.",
  roleOwn: "This is your own role. Only another owner can give it back to you.",
  roleLastOwner: "There must be at least one owner. Make another member an owner first.",
  aboutOwner:
    "{name} has full rights: moderate all rooms, invite people to any role, and change all roles.",
  aboutModerator:
    "{name} can change the settings of all rooms, delete messages of others, mute, ban and remove members and guests, read the reports, and invite moderators and members.",
  aboutMember: "{name} can chat, but cannot moderate or invite people.",
  invitePeople: "Invite people",
  inviteRole: "Role",
  inviteUses: "Number of people",
  inviteUsesRule: "The number of people must be between 1 and 1,000.",
  inviteTime: "Valid for",
  inviteRooms: "Rooms to open",
  timeHour: "an hour",
  timeDay: "a day",
  timeWeek: "a week",
  timeMonth: "30 days",
  makeLink: "Make a link",
  link: "Link",
  copy: "Copy",
  copyByHand: "The link could not be copied. It is selected: press Ctrl+C, or ⌘C on a Mac.",
  linkIsLocal:
    "The link leads to {host}, which only this computer can open. Open the chat at its address in the network first, to make a link for other devices.",
  qrCode: "QR code of the link",
  openInvites: "Open invites",
  noInvites: "There are none.",
  usesLeftOne: "For 1 more person, until {time}.",
  usesLeftMany: "For {count} more people, until {time}.",
  revoke: "Revoke",
  devices: "Devices",
  devicesText: "The browsers in which you are signed in. Sign out those that you no longer use.",
  thisDevice: "this device",
  unnamedDevice: "Unnamed device",
  lastSignIn: "Last signed in: {time}",
  addDevice: "Add a device",
  deviceLinkRule:
    "Open it on the other device, or scan the code there. It works once, within five minutes.",
  signOutHere: "Sign out here? You need a new link to come back.",
  signedOut:
    "This device was signed out. To come back, open a link from “Devices” on another device, or ask the operator of this chat for a link for your device.",
  forgetAccount: "Forget this account",
  forgetRule: "Forget this account? Drafts and unsent messages in this browser will be lost.",
  forgetNow: "Forget it",
  fault_bad_invite: "this link was used, has expired or was revoked. Ask for a new one.",
  fault_too_many_invites: "there are too many open invites. Revoke some first.",
};
