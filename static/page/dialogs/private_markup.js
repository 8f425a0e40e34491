// @ts-check
/**
 * The markup of the dialogs of new, private and direct rooms. Lines are not indented: see later_markup.js.
 * @module
 */

/** Constant markup. Never insert user text here. */
export const PRIVATE_MARKUP = `
<dialog id="new-room-dialog" aria-labelledby="new-room-title">
<form novalidate>
<h2 id="new-room-title" data-text="newRoom"></h2>
<fieldset id="new-room-kinds">
<legend data-text="newRoomKind"></legend>
<label class="check"><input type="radio" name="new-room-kind" value="private"><span data-text="newRoomPrivate"></span></label>
<label class="check"><input type="radio" name="new-room-kind" value="open"><span data-text="newRoomOpen"></span></label>
<label class="check"><input type="radio" name="new-room-kind" value="listed"><span data-text="newRoomListed"></span></label>
</fieldset>
<div id="new-room-name-box" class="labeled">
<label for="new-room-name" data-text="newRoomName"></label>
<input
id="new-room-name"
maxlength="256"
autocomplete="off"
autocapitalize="none"
spellcheck="false"
enterkeyhint="done"
aria-describedby="new-room-error new-room-name-rule"
>
<p id="new-room-name-rule" class="faint" data-text="newRoomNameRule"></p>
</div>
<div class="labeled">
<label for="new-room-field-title" data-text="roomTitle"></label>
<input
id="new-room-field-title"
maxlength="80"
autocomplete="off"
enterkeyhint="done"
aria-describedby="new-room-title-rule"
>
<p id="new-room-title-rule" class="faint" data-text="newRoomTitleRule"></p>
</div>
<div class="labeled">
<label for="new-room-topic" data-text="roomTopic"></label>
<input
id="new-room-topic"
maxlength="500"
autocomplete="off"
enterkeyhint="done"
aria-describedby="new-room-topic-rule"
>
<p id="new-room-topic-rule" class="faint" data-text="roomTopicRule"></p>
</div>
<label class="switch" id="new-room-history-box">
<input id="new-room-history" type="checkbox" role="switch">
<span data-text="roomHistoryJoined"></span>
</label>
<p id="new-room-error" class="error" role="alert"></p>
<div class="buttons">
<button type="button" class="plain" data-close data-text="cancel"></button>
<button id="new-room-create" data-text="newRoomCreate"></button>
</div>
</form>
</dialog>
<dialog id="room-members-dialog" aria-labelledby="room-members-title">
<form novalidate>
<div class="panel-head">
<h2 id="room-members-title" data-text="roomMembers"></h2>
<button id="room-members-close" type="button" class="icon-button" data-close data-tip="close"
data-icon="close"></button>
</div>
<ul id="room-members-list" class="records"></ul>
<div id="room-members-add" class="labeled">
<label for="room-members-who" data-text="addPerson"></label>
<div class="link-row">
<select id="room-members-who"></select>
<button id="room-members-do" data-text="addPersonDo"></button>
</div>
</div>
<p id="room-members-note" class="faint"></p>
<p id="room-members-status" class="faint" role="status"></p>
<p id="room-members-error" class="error" role="alert"></p>
<div class="buttons">
<button id="room-members-invite" type="button" class="plain" data-text="inviteToRoom"></button>
</div>
</form>
</dialog>
<dialog id="leave-dialog" aria-labelledby="leave-title" aria-describedby="leave-text leave-unsent">
<form novalidate>
<h2 id="leave-title"></h2>
<p id="leave-text"></p>
<p id="leave-unsent" data-text="leaveUnsent"></p>
<p id="leave-error" class="error" role="alert"></p>
<div class="buttons">
<button id="leave-cancel" type="button" class="plain" data-close data-text="cancel"></button>
<button id="leave-do" class="danger" data-text="leaveDo"></button>
</div>
</form>
</dialog>
`;
