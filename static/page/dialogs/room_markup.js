// @ts-check
/**
 * The markup of the room's settings and of the page for users who are banned. Lines are not indented: see later_markup.js.
 * @module
 */

/** Constant markup. Never insert user text here. */
export const ROOM_MARKUP = `
<main id="ban" aria-labelledby="ban-title" hidden>
<img src="icon.svg" alt="" width="72" height="72">
<h1 id="ban-title" data-text="banTitle"></h1>
<p id="ban-why"></p>
<p id="ban-end"></p>
<button id="ban-reload" type="button" data-text="tryAgain"></button>
</main>
<dialog id="room-dialog" aria-labelledby="room-dialog-title">
<form novalidate>
<h2 id="room-dialog-title" data-text="roomSettings"></h2>
<div class="labeled">
<label for="room-field-title" data-text="roomTitle"></label>
<input
id="room-field-title"
maxlength="80"
autocomplete="off"
enterkeyhint="done"
aria-describedby="room-title-rule"
>
<p id="room-title-rule" class="faint"></p>
</div>
<div class="labeled">
<label for="room-field-topic" data-text="roomTopic"></label>
<input
id="room-field-topic"
maxlength="500"
autocomplete="off"
enterkeyhint="done"
aria-describedby="room-topic-rule"
>
<p id="room-topic-rule" class="faint" data-text="roomTopicRule"></p>
</div>
<div class="labeled">
<label for="room-field-slow" data-text="roomSlow"></label>
<select id="room-field-slow" aria-describedby="room-slow-rule"></select>
<p id="room-slow-rule" class="faint" data-text="roomSlowRule"></p>
</div>
<div class="labeled">
<label for="room-field-keep" data-text="roomKeep"></label>
<select id="room-field-keep" aria-describedby="room-keep-rule"></select>
<p id="room-keep-rule" class="faint" data-text="roomKeepRule"></p>
</div>
<label class="switch">
<input id="room-field-read-only" type="checkbox" role="switch">
<span data-text="roomReadOnly"></span>
</label>
<label class="switch" id="room-listed">
<input id="room-field-listed" type="checkbox" role="switch">
<span data-text="roomListed"></span>
</label>
<label class="switch" id="room-history">
<input id="room-field-history" type="checkbox" role="switch">
<span data-text="roomHistoryJoined"></span>
</label>
<label class="switch">
<input id="room-field-archived" type="checkbox" role="switch">
<span data-text="roomArchived"></span>
</label>
<div id="room-removals">
<button id="room-clear" type="button" class="plain" data-text="clearRoom"></button>
<button id="room-delete" type="button" class="plain" data-text="deleteRoom"></button>
</div>
<p id="room-dialog-error" class="error" role="alert"></p>
<div class="buttons">
<button type="button" class="plain" data-close data-text="cancel"></button>
<button id="room-save" data-text="save"></button>
</div>
</form>
</dialog>
`;
