"""Modern words of wishes and the classical characters that say the same: a small bridge, written by us.

Poems hardly ever use 快乐 or 善良, so no training on poems can place these words. Each line leads from words of one
meaning to characters that carry it in verse. `EMPTY` holds words of requests that say nothing about the wish.
"""

from __future__ import annotations

_LINES = """
聪明 聪慧 聪颖 智慧 机智 机灵 伶俐 睿智 高智商: 聪慧睿敏颖哲智灵
快乐 开心 欢乐 愉快 高兴 喜悦 幸福快乐 无忧无虑: 欢乐怡欣悦喜畅
健康 强健 健壮 身体好 体魄 强壮 壮实: 健康强壮安宁
善良 仁爱 仁慈 善心 爱心 慈爱 仁义 宽厚: 仁善慈惠良德
勇敢 勇气 英勇 勇猛 无畏 胆识 胆量 大胆: 勇毅刚武猛雄
坚强 坚定 坚毅 刚强 毅力 顽强 意志 不屈 坚韧 百折不挠: 毅坚刚恒志贞劲
正直 公正 耿直 刚正 正义 正派 光明磊落: 正直贞端方义
诚实 真诚 诚信 守信 信用 忠诚 忠厚 诚恳: 诚信忠真实笃
谦虚 谦和 谦逊 低调 虚心: 谦和逊恭让虚
温柔 温婉 温和 温文尔雅 柔和 柔美: 温婉柔淑和静
文静 安静 宁静 恬静 沉静 静谧: 静宁恬谧幽安
优雅 高雅 典雅 雅致 气质 端庄 大方: 雅端庄娴淑仪
美丽 漂亮 好看 美貌 秀丽 貌美 颜值 美好: 美秀丽妍姝婉佳
可爱 娇俏 俏皮 甜美 活泼可爱: 娇巧婉妍俏
活泼 开朗 阳光 外向 热情 有活力 朝气: 朗阳晖晴昂旭畅
乐观 积极 向上 积极向上 豁达 豪爽 洒脱 潇洒: 达旷逸朗昂豪
自由 自在 无拘无束 逍遥 随性 洒脱自在: 逸遥逍云翔放
平安 安全 顺利 平顺 安康 一生平安 平平安安 岁月静好: 安平宁泰康和
幸福 美满 福气 好运 幸运 福分 有福: 福祥祉庆嘉吉
吉祥 吉利 祥瑞 如意 称心如意: 祥瑞吉祺嘉庆
富贵 富裕 财富 有钱 财运 富足 荣华: 富贵荣丰裕金
成功 成就 事业有成 事业 建功立业 有作为 出人头地: 成功业勋建立
前途 前程 前程似锦 锦绣前程 未来 光明前途: 程远锦鹏途
理想 梦想 抱负 志向 志气 雄心 远大 壮志 有志 胸怀大志: 志远鸿鹏凌宏
才华 才能 有才 才气 天赋 多才多艺 才学 才干: 才俊彦英华秀
学问 博学 读书 学识 知识 渊博 好学 学习好 勤学 书香: 学博文书渊翰
文采 文学 文艺 诗意 诗书 书卷气 写作: 文诗书翰章墨
艺术 音乐 弹琴 歌唱 绘画 琴棋书画: 琴音韵律弦画
勤奋 努力 勤劳 勤勉 刻苦 用功 奋斗 上进 拼搏 进取: 勤勉奋励进志
稳重 沉稳 踏实 成熟 稳健 从容 淡定: 稳重沉安从定
孝顺 孝敬 孝心 感恩 懂事 敬老: 孝敬恩顺慈
礼貌 有礼 教养 懂礼 知书达理 有教养 修养: 礼仪文雅谦敬
高尚 品德 品格 品德高尚 道德 品行 德行 高洁 人品: 德贤品洁懿贞
纯洁 纯真 纯净 清纯 单纯 天真 无邪: 纯洁清素澄冰
清澈 清新 清秀 清雅 干净 清爽 脱俗: 清澄澈雅秀逸
高贵 尊贵 华贵 贵气 大气 贵族: 贵尊华雍瑾
独立 自强 自立 自信 独立自主 自强不息: 独立自强卓昂
独特 与众不同 特别 不凡 非凡 卓越 优秀 杰出 出众 出色: 卓杰俊英奇逸
领导 领袖 栋梁 担当 责任 顶天立地 国家栋梁: 栋梁柱任帅
爱国 报国 保家卫国 国家 为国 家国: 国邦忠安华
英俊 帅气 俊朗 帅 俊美 玉树临风: 俊英朗轩彦
威武 霸气 强大 有力量 力量 雄壮 豪迈: 威武雄豪刚力
光明 光辉 明亮 灿烂 辉煌 耀眼 璀璨: 光明辉煌曜灿熙
希望 曙光 黎明 朝阳 新生 日出: 曙晓旭晨曦曜
温暖 暖心 和煦 暖阳 温馨: 暖煦温晖和
珍贵 宝贝 珍宝 珍惜 宝贵 掌上明珠 如珠如宝: 珍宝珠玉瑾瑜
玉 美玉 如玉 温润如玉: 玉瑾瑜璧琼琳
长寿 健康长寿 长命百岁 寿 长久 永恒 永远: 寿长永恒久松
和睦 和谐 和气 友善 友好 人缘 团结: 和睦谐友融
包容 宽容 胸怀 心胸宽广 大度 宽广 胸襟 海纳百川: 容宽海涵浩博
浩瀚 广阔 辽阔 宽阔 海洋 大海 江河: 浩海瀚洋江沧
自然 山水 大自然 田园 山川: 山川林泉溪野
天空 蓝天 星空 宇宙 苍穹: 天穹苍云霄
星星 星辰 银河 繁星: 星辰汉河斗
月亮 月光 明月 月色: 月桂蟾皎辉
花 花朵 鲜花 如花 花儿: 花芳华蕊英
草木 树木 森林 大树 参天大树: 木林松柏森树
春天 春日 春季 生机 生机勃勃 万物复苏: 春芳萌青阳
夏天 夏日 夏季: 夏荷莲炎
秋天 秋日 秋季: 秋菊桂枫
冬天 冬日 冬季 雪花 冰雪: 冬雪梅冰
飞翔 翱翔 展翅 高飞 展翅高飞 大鹏展翅: 飞翔鹏翱翼
思念 想念 怀念 纪念: 思念怀忆
灵动 灵气 灵秀 聪明伶俐: 灵秀慧巧敏
善解人意 体贴 贴心 细心: 婉惠柔细心
坦荡 磊落 真实 坦诚: 坦荡真诚直
慧心 兰心蕙质 蕙质兰心 冰雪聪明: 慧兰蕙颖
君子 君子之风 儒雅 谦谦君子 绅士: 君彬雅儒谦
果断 果敢 决断 魄力: 果决断毅
创新 创造 开拓 开创: 创新开拓维
冷静 理智 理性: 静冷明理
敏捷 敏锐 反应快 思维敏捷: 敏捷锐
淡泊 淡雅 与世无争 淡泊名利 淡然: 淡泊素雅恬
繁荣 兴旺 兴盛 昌盛 蒸蒸日上: 昌盛兴荣隆
"""

_EMPTY = """
希望能 希望他 希望她 希望孩子 孩子 宝宝 宝贝儿 男孩 女孩 男宝宝 女宝宝 儿子 女儿 名字 姓名 取名 起名
起个 取个 一个 一名 能够 可以 将来 以后 长大 成为 成长 有着 具有 拥有 寓意 含义 意思 意义 内涵 体现
带有 最好 并且 而且 以及 同时 做个 做人 人生 生活 一生 一辈子 我们 他们 我家 我 你 他 她 它 的 地
得 了 着 过 是 和 与 及 或 也 都 很 更 最 要 想 让 给 请 帮 把 被 会 能 有 这 那 些 个 位
名 在 以 对 为 人 又 之 而 于 吗 呢 啊 吧 像 一样 如同 一般 不要 不 性格 品质 为人 方面 充满
非常 比较 期望 期待 祝愿 祝福 愿望 充满了
"""

EMPTY = frozenset(_EMPTY.split())
"""Words of requests that say nothing about what is wished."""


def _read() -> dict[str, str]:
    book: dict[str, str] = {}
    for line in _LINES.strip().splitlines():
        words, _, characters = line.partition(":")
        for word in words.split():
            book[word] = book.get(word, "") + "".join(c for c in characters.strip() if c not in book.get(word, ""))
    return book


WORDBOOK: dict[str, str] = _read()
"""Word of a wish -> classical characters, the most fitting first."""
_LONGEST = max(map(len, WORDBOOK))


def parts(text: str, known: dict[str, int]) -> list[str]:
    """Return the words of a text, longest first: of the wordbook, with a vector, else single characters.

    Args:
        text: Chinese characters alone, simplified.
        known: words that have a vector.

    >>> parts("希望孩子聪明勇敢", {})
    ['聪明', '勇敢']
    """
    found, at = [], 0
    while at < len(text):
        length = _match(text[at : at + _LONGEST], known)
        part = text[at : at + length]
        if part not in EMPTY:
            found.append(part)
        at += length
    return found


def _match(ahead: str, known: dict[str, int]) -> int:
    for length in range(len(ahead), 1, -1):
        part = ahead[:length]
        if part in WORDBOOK or part in EMPTY or (length == 2 and part in known):
            return length
    return 1


def named(text: str, known: dict[str, int]) -> str:
    """Return the characters that a wish names: those of its words in the wordbook, and its own.

    >>> named("希望孩子聪明", {})[:3]
    '聪慧睿'
    """
    found = "".join(WORDBOOK.get(part, part) for part in parts(text, known))
    return "".join(dict.fromkeys(found))
