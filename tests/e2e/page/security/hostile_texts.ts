/**
 * Malicious texts. Each would set `stung`, request another host, open a dialog or leave the page if it were treated as
 * anything but text.
 * @module
 */

/** Markup, scripts and templates for any text. */
export const HOSTILE_TEXTS: readonly string[] = [
  `<img src=x onerror="stung=1">`,
  `<script>stung=1</script>`,
  `<svg/onload=stung=1>`,
  `javascript:alert(1)`,
  `<a href="javascript:alert(1)" autofocus onfocus=alert(1)>here</a>`,
  `"><iframe src="https://elsewhere.example/"></iframe>`,
  `<img src="https://elsewhere.example/pixel.png">`,
  `</li></div><style>*{display:none}</style><link rel=stylesheet href=//elsewhere.example>`,
  `<meta http-equiv=refresh content="0;url=https://elsewhere.example/">`,
  `<base href="https://elsewhere.example/"><form action=//elsewhere.example><button>go`,
  `{{constructor.constructor('stung=1')()}} \${stung=1} $& {name}`,
  `&lt;b&gt;bold&lt;/b&gt; &amp; &#60;`,
];

/** Short enough for a name, and valid as one. */
export const HOSTILE_NAMES: readonly string[] = [
  `<img src=x onerror=alert(1)>`,
  `<script>stung=1</script>`,
  `javascript:alert(1)`,
  `"><svg onload=stung=1>`,
  `__proto__`,
  `{name} $& {room} &lt;`,
];
