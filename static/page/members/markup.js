// @ts-check
/**
 * The markup of what members need. See `dialogs/later_markup.js`.
 * @module
 */

/** Constant markup. Never insert user text here. */
export const MEMBERS_MARKUP = `
<div id="signed-out-bar" class="bar friendly" hidden>
<span id="signed-out-words" role="status" data-text="signedOut"></span>
<button id="forget-account" type="button" class="plain" data-text="forgetAccount"></button>
</div>
<dialog id="join-dialog" aria-labelledby="join-title" aria-describedby="join-text">
<form novalidate>
<h2 id="join-title"></h2>
<p id="join-text"></p>
<div id="join-named" class="labeled">
<label for="join-name" data-text="nameLabel"></label>
<input
id="join-name"
maxlength="128"
autocomplete="nickname"
spellcheck="false"
enterkeyhint="go"
aria-describedby="join-error"
>
</div>
<p id="join-error" class="error" role="alert"></p>
<p id="join-status" class="faint" role="status"></p>
<div class="buttons">
<button id="join-cancel" type="button" class="plain" data-close></button>
<button id="join-submit"></button>
</div>
</form>
</dialog>
<dialog id="invite-dialog" aria-labelledby="invite-title">
<form novalidate>
<div class="panel-head">
<h2 id="invite-title" data-text="invitePeople"></h2>
<button type="button" class="icon-button" data-close data-tip="close"
data-icon="close"></button>
</div>
<div class="terms">
<label for="invite-role" data-text="inviteRole"></label>
<select id="invite-role"></select>
<label for="invite-uses" data-text="inviteUses"></label>
<input id="invite-uses" type="number" inputmode="numeric" min="1" max="1000" value="1" required>
<label for="invite-time" data-text="inviteTime"></label>
<select id="invite-time">
<option value="3600" data-text="timeHour"></option>
<option value="86400" data-text="timeDay"></option>
<option value="604800" data-text="timeWeek" selected></option>
<option value="2592000" data-text="timeMonth"></option>
</select>
</div>
<fieldset>
<legend data-text="inviteRooms"></legend>
<div id="invite-rooms"></div>
</fieldset>
<p id="invite-error" class="error" role="alert"></p>
<div class="buttons">
<button id="invite-make" data-text="makeLink"></button>
</div>
<div id="invite-link" class="new-link"></div>
<h3 data-text="openInvites"></h3>
<ul id="invites"></ul>
<p id="invites-none" class="faint" data-text="noInvites" hidden></p>
</form>
</dialog>
<dialog id="role-dialog" aria-labelledby="role-title">
<form novalidate>
<div class="panel-head">
<h2 id="role-title"></h2>
<button type="button" class="icon-button" data-close data-tip="close"
data-icon="close"></button>
</div>
<fieldset aria-describedby="role-about role-own">
<legend data-text="inviteRole"></legend>
<div id="role-choice" class="choice"></div>
</fieldset>
<p id="role-about" class="faint" aria-live="polite"></p>
<p id="role-own" class="faint" data-text="roleOwn"></p>
<p id="role-error" class="error" role="alert"></p>
<div class="buttons">
<button type="button" class="plain" data-close data-text="cancel"></button>
<button id="role-do" data-text="roleChange"></button>
</div>
</form>
</dialog>
<dialog id="devices-dialog" aria-labelledby="devices-title">
<form novalidate>
<div class="panel-head">
<h2 id="devices-title" data-text="devices"></h2>
<button type="button" class="icon-button" data-close data-tip="close"
data-icon="close"></button>
</div>
<p class="faint" data-text="devicesText"></p>
<ul id="devices"></ul>
<p id="devices-error" class="error" role="alert"></p>
<div class="buttons">
<button id="device-add" type="button" data-text="addDevice"></button>
</div>
<div id="device-link" class="new-link"></div>
</form>
</dialog>
`;
