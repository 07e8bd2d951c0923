package paper

// named are the faces of each role as word processors call them: the first is
// what a docx asks for.
var named = map[role][]string{
	body:     {"仿宋_GB2312", "FangSong_GB2312", "仿宋", "FangSong", "方正仿宋_GBK", "FZFangSong-Z02", "华文仿宋", "STFangsong"},
	title:    {"方正小标宋简体", "方正小标宋_GBK", "FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "华文中宋", "STZhongsong"},
	heading:  {"黑体", "SimHei", "方正黑体_GBK", "FZHei-B01", "华文黑体", "STHeiti", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei"},
	kai:      {"楷体_GB2312", "KaiTi_GB2312", "楷体", "KaiTi", "方正楷体_GBK", "FZKai-Z03", "华文楷体", "STKaiti", "AR PL KaitiM GB", "AR PL UKai CN"},
	numerals: {"宋体", "SimSun", "方正书宋_GBK", "FZShuSong-Z01", "华文宋体", "STSong", "AR PL SungtiL GB"},
}

// anyRole are faces that free systems bring; every role falls back on them, and
// so does a character that its own face has not.
var anyRole = []string{"AR PL SungtiL GB", "BabelStone Han", "AR PL UMing CN", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "HanaMinA", "HanaMinB", "AR PL KaitiM GB", "AR PL UKai CN"}
