// @ts-check
/**
 * The markup of what moderators need, and of reporting. See `dialogs/later_markup.js`.
 * @module
 */

/** Constant markup. Never insert user text here. */
export const MODERATION_MARKUP = `
<button id="open-moderation" type="button" hidden>
<span data-text="moderation"></span>
<span id="moderation-unread" class="badge" aria-hidden="true"></span>
<span id="moderation-unread-words" class="unseen"></span>
</button>
<div id="locked-bar" class="bar wrong" hidden>
<span role="status" data-text="lockedBar"></span>
<button id="unlock-service" type="button" class="plain" data-text="unlockService"></button>
</div>
<dialog id="moderate-dialog" aria-labelledby="moderate-title">
<form novalidate>
<div class="panel-head">
<h2 id="moderate-title"></h2>
<button type="button" class="icon-button" data-close data-tip="close"
data-icon="close"></button>
</div>
<blockquote id="moderate-quote"></blockquote>
<ul id="moderate-current" data-label="sanctions"></ul>
<fieldset id="moderate-actions" aria-describedby="moderate-about">
<legend data-text="moderateAction"></legend>
<div class="choice">
<label><input type="radio" name="moderate-action" value="mute"><span data-text="mute"></span></label>
<label><input type="radio" name="moderate-action" value="ban"><span data-text="ban"></span></label>
<label><input type="radio" name="moderate-action" value="kick"><span data-text="kick"></span></label>
</div>
</fieldset>
<p id="moderate-about" class="faint"></p>
<div class="term-row">
<div id="moderate-time-box" class="labeled">
<label for="moderate-time" data-text="moderateTime"></label>
<select id="moderate-time"></select>
</div>
<div id="moderate-where-box" class="labeled">
<label for="moderate-where" data-text="moderateWhere"></label>
<select id="moderate-where"></select>
</div>
</div>
<div class="labeled">
<label for="moderate-reason" data-text="deleteReason"></label>
<input
id="moderate-reason"
maxlength="200"
autocomplete="off"
enterkeyhint="done"
aria-describedby="moderate-reason-rule"
>
<p id="moderate-reason-rule" class="faint"></p>
</div>
<button id="moderate-role" type="button" class="plain" data-text="roleOpen"></button>
<p id="moderate-error" class="error" role="alert"></p>
<div class="buttons">
<button type="button" class="plain" data-close data-text="cancel"></button>
<button id="moderate-do" class="danger"></button>
</div>
</form>
</dialog>
<dialog id="report-dialog" aria-labelledby="report-title" aria-describedby="report-text">
<form novalidate>
<h2 id="report-title"></h2>
<blockquote id="report-quote"></blockquote>
<p id="report-text" data-text="reportText"></p>
<div class="labeled">
<label for="report-reason" data-text="deleteReason"></label>
<input id="report-reason" maxlength="200" autocomplete="off" enterkeyhint="done">
</div>
<p id="report-error" class="error" role="alert"></p>
<div class="buttons">
<button id="report-cancel" type="button" class="plain" data-close data-text="cancel"></button>
<button id="report-do" data-text="report"></button>
</div>
</form>
</dialog>
<dialog id="moderation-dialog" class="wide" aria-labelledby="moderation-title">
<form novalidate>
<div class="panel-head">
<h2 id="moderation-title" data-text="moderation"></h2>
<button type="button" class="icon-button" data-close data-tip="close"
data-icon="close"></button>
</div>
<fieldset id="moderation-tabs" data-label="moderation">
<div class="choice">
<label><input type="radio" name="moderation-tab" value="reports" checked><span data-text="reports"></span></label>
<label><input type="radio" name="moderation-tab" value="audit"><span data-text="audit"></span></label>
<label><input type="radio" name="moderation-tab" value="tools"><span data-text="moderationTools"></span></label>
</div>
</fieldset>
<p id="moderation-error" class="error" role="alert"></p>
<div id="report-note-box" class="link-row">
<input id="report-note" autocomplete="off" enterkeyhint="send" data-label="reportNote"
data-placeholder="reportNote">
<button data-text="send"></button>
</div>
<ul id="reports" data-label="reports" tabindex="-1"></ul>
<p id="reports-none" class="faint" data-text="reportsNone" hidden></p>
<ul id="audit" data-label="audit" tabindex="-1" hidden></ul>
<button id="moderation-older" type="button" class="plain" data-text="showOlder" hidden></button>
<div id="moderation-tools" hidden>
<label class="switch">
<input id="lock-service" type="checkbox" role="switch" aria-describedby="lock-about">
<span data-text="lockService"></span>
</label>
<p id="lock-about" class="faint" data-text="lockAbout"></p>
<h3 data-text="sanctions"></h3>
<ul id="sanctions" data-label="sanctions" tabindex="-1"></ul>
<p id="sanctions-none" class="faint" data-text="sanctionsNone" hidden></p>
</div>
</form>
</dialog>
<dialog id="clear-dialog" aria-labelledby="clear-title" aria-describedby="clear-text">
<form novalidate>
<h2 id="clear-title"></h2>
<p id="clear-text"></p>
<div class="labeled">
<label for="clear-reason" data-text="deleteReason"></label>
<input
id="clear-reason"
maxlength="200"
autocomplete="off"
enterkeyhint="done"
aria-describedby="clear-reason-rule"
>
<p id="clear-reason-rule" class="faint" data-text="deleteReasonRule"></p>
</div>
<p id="clear-error" class="error" role="alert"></p>
<div class="buttons">
<button id="clear-cancel" type="button" class="plain" data-close data-text="cancel"></button>
<button id="clear-do" class="danger"></button>
</div>
</form>
</dialog>
`;
