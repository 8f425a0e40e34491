// @ts-check
/**
 * The markup of the parts loaded on demand. Texts and icons are inserted in the same way as in index.html. Lines are not
 * indented: the service strips the indentation of every line of a script, even in strings.
 * @module
 */

/** Constant markup. Never insert user text here. */
export const MARKUP = `
<div id="sign-in-bar" class="bar friendly" hidden>
<span role="status" data-text="signInFirst"></span>
<button id="sign-in" type="button" class="plain" data-text="signIn"></button>
</div>
<ul id="mentions" class="options" role="listbox" data-label="mentionList" hidden></ul>
<dialog id="picker" data-label="emoji"></dialog>
<dialog id="palette" data-label="joinField">
<form novalidate>
<input
id="palette-field"
role="combobox"
aria-expanded="true"
aria-controls="palette-list"
aria-autocomplete="list"
aria-describedby="palette-note"
maxlength="200"
autocomplete="off"
autocapitalize="none"
spellcheck="false"
enterkeyhint="go"
data-label="paletteField"
data-placeholder="paletteField"
>
<ul id="palette-list" class="options" role="listbox" data-label="paletteField"></ul>
<p id="palette-note" class="faint" role="status"></p>
</form>
</dialog>
<dialog id="name-dialog" aria-labelledby="name-title">
<form novalidate>
<h2 id="name-title" data-text="nameTitle"></h2>
<label for="name" data-text="nameLabel"></label>
<input
id="name"
maxlength="128"
autocomplete="nickname"
spellcheck="false"
enterkeyhint="done"
aria-describedby="name-error name-rule"
>
<p id="name-error" class="error" role="alert"></p>
<p id="name-rule" class="faint"></p>
<div class="buttons">
<button type="button" class="plain" data-close data-text="cancel"></button>
<button data-text="save"></button>
</div>
</form>
</dialog>
<dialog id="delete-dialog" aria-labelledby="delete-title" aria-describedby="delete-text">
<form novalidate>
<h2 id="delete-title"></h2>
<blockquote id="delete-quote"></blockquote>
<p id="delete-text" data-text="deleteText"></p>
<div id="delete-reason-box" class="labeled">
<label for="delete-reason" data-text="deleteReason"></label>
<input
id="delete-reason"
maxlength="200"
autocomplete="off"
enterkeyhint="done"
aria-describedby="delete-reason-rule"
>
<p id="delete-reason-rule" class="faint" data-text="deleteReasonRule"></p>
</div>
<div class="buttons">
<button id="delete-cancel" type="button" class="plain" data-close data-text="cancel"></button>
<button class="danger" data-text="delete"></button>
</div>
</form>
</dialog>
<dialog id="link-dialog" aria-labelledby="link-title">
<form novalidate>
<h2 id="link-title" data-text="linkTitle"></h2>
<label for="link" data-text="linkText"></label>
<input id="link" readonly>
<div class="buttons">
<button data-close type="button" data-text="close"></button>
</div>
</form>
</dialog>
<dialog id="settings-dialog" aria-labelledby="settings-title">
<form novalidate>
<div class="panel-head">
<h2 id="settings-title" data-text="settings"></h2>
<button type="button" class="icon-button" data-close data-tip="close"
data-icon="close"></button>
</div>
<div class="named">
<span><span id="settings-name"></span> <span id="settings-role" class="faint"></span></span>
<button id="settings-rename" type="button" class="plain" data-text="change"
aria-labelledby="settings-rename settings-name"></button>
<button id="settings-sign-in" type="button" class="plain" data-text="signIn"></button>
<button id="settings-sign-out" type="button" class="plain" data-text="signOut"></button>
</div>
<div id="member-tools" class="member-tools" hidden>
<button id="settings-invite" type="button" class="plain" data-text="invitePeople"></button>
<button id="settings-devices" type="button" class="plain" data-text="devices"></button>
</div>
<fieldset id="theme">
<legend data-text="theme"></legend>
<div class="choice">
<label><input type="radio" name="theme" value="system"><span data-text="themeSystem"></span></label>
<label><input type="radio" name="theme" value="light"><span data-text="themeLight"></span></label>
<label><input type="radio" name="theme" value="dark"><span data-text="themeDark"></span></label>
</div>
</fieldset>
<fieldset id="language">
<legend data-text="language"></legend>
<div class="choice">
<label><input type="radio" name="language" value="en"><span lang="en">English</span></label>
<label><input type="radio" name="language" value="zh"><span lang="zh">中文</span></label>
</div>
</fieldset>
<label class="switch">
<input id="notifications" type="checkbox" role="switch"
aria-describedby="notifications-error">
<span data-text="notifications"></span>
</label>
<p id="notifications-error" class="error" role="alert"></p>
<div id="blocked-people" hidden>
<h3 data-text="blockedPeople"></h3>
<p class="faint" data-text="blockedRule"></p>
<ul id="blocked"></ul>
</div>
<h3 id="help" tabindex="-1" data-text="commands"></h3>
<dl id="commands"></dl>
<h3 id="keys" data-text="shortcuts"></h3>
<dl id="shortcuts"></dl>
<p class="faint"><a href="echo.html" data-text="echoPage"></a></p>
</form>
</dialog>
`;
