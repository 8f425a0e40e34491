// @ts-check
/**
 * The emoji of the picker, with their names in both languages, in the picker's order. The set is small on purpose:
 * every system has all of these, and others can be typed.
 * @module
 */

const LINES = `
👍 thumbs up|赞
❤️ red heart|红心
😂 tears of joy|笑哭
🎉 party popper|庆祝
👀 eyes|看看
🙏 folded hands|拜托
✅ check mark|完成
👋 waving hand|挥手
😀 grinning face|笑脸
😄 smiling eyes|开心
😊 blushing face|微笑
🙂 slight smile|浅笑
😉 wink|眨眼
😍 heart eyes|喜欢
🥰 smiling with hearts|喜爱
😘 blowing a kiss|飞吻
😋 savouring food|好吃
😎 sunglasses|墨镜
🤩 star-struck|崇拜
🥳 partying face|派对
🤔 thinking face|思考
😐 neutral face|面无表情
😏 smirk|得意
🙄 rolling eyes|白眼
😅 grinning with sweat|汗
🤣 rolling on the floor|笑倒
🤗 hug|抱抱
🤫 shushing face|嘘
🤷 shrug|摊手
🤦 facepalm|捂脸
😴 sleeping face|睡着
😷 face with mask|口罩
🤒 ill face|生病
🤯 exploding head|震惊
😮 open mouth|惊讶
😱 screaming in fear|惊恐
😢 crying face|流泪
😭 loudly crying|大哭
😞 disappointed face|失望
😤 huffing face|不服
😡 angry face|生气
💀 skull|骷髅
👻 ghost|幽灵
🤖 robot|机器人
👎 thumbs down|踩
👌 OK hand|好的
✌️ victory hand|胜利
🤞 crossed fingers|祈祷好运
🤝 handshake|握手
👏 clapping hands|鼓掌
🙌 raised hands|举手欢呼
💪 flexed arm|加油
💬 speech bubble|对话
💙 blue heart|蓝心
💚 green heart|绿心
💛 yellow heart|黄心
💔 broken heart|心碎
🔥 fire|火
✨ sparkles|闪亮
⭐ star|星星
⚡ lightning|闪电
💯 hundred points|满分
❓ question mark|问号
❗ exclamation mark|感叹号
❌ cross mark|错误
⚠️ warning|警告
🚀 rocket|火箭
🐛 bug|虫子
🐱 cat|猫
🐶 dog|狗
🐼 panda|熊猫
🌸 blossom|花
🌈 rainbow|彩虹
☀️ sun|太阳
🌙 moon|月亮
☕ coffee|咖啡
🍵 tea|茶
🍺 beer|啤酒
🍕 pizza|披萨
🎂 cake|蛋糕
`;

/** The emoji with their names. @type {readonly { emoji: string, en: string, zh: string }[]} */
export const EMOJI = LINES.trim().split("\n").map((line) => {
  const [emoji = "", names = ""] = line.split(/ (.*)/);
  const [en = "", zh = ""] = names.split("|");
  return { emoji, en, zh };
});
