"""How matrices are written in TeX, and what they are, in English and Chinese."""

# One matrix, and one element of it: the indices of the derivation, which has the unit first
# and the input second in W1, though the matrix has the inputs as its rows.
SYMBOLS = {
    "X": ("X", "x_{{{r}}}^{{({c})}}"),
    "Y": ("Y", "y^{{({c})}}"),
    "W1": ("W^{(1)}", "W^{{(1)}}_{{{c},{r}}}"),
    "b1": ("b^{(1)}", "b^{{(1)}}_{{{r}}}"),
    "W2": ("W^{(2)}", "W^{{(2)}}_{{1,{r}}}"),
    "b2": ("b^{(2)}", "b^{{(2)}}_{{1}}"),
    "Z1": ("Z^{(1)}", "z^{{(1)}}_{{{r},{c}}}"),
    "A1": ("A^{(1)}", "a^{{(1)}}_{{{r},{c}}}"),
    "Z2": ("Z^{(2)}", "z^{{(2)}}_{{1,{c}}}"),
    "A2": ("A^{(2)}", "a^{{(2)}}_{{1,{c}}}"),
    "J": ("J", "J"),
    "dZ2": ("dZ^{(2)}", "dZ^{{(2)}}_{{1,{c}}}"),
    "dZ1": ("dZ^{(1)}", "dZ^{{(1)}}_{{{r},{c}}}"),
    "dW1": (
        r"\frac{\partial J}{\partial W^{(1)}}",
        r"\frac{{\partial J}}{{\partial W^{{(1)}}_{{{c},{r}}}}}",
    ),
    "db1": (
        r"\frac{\partial J}{\partial b^{(1)}}",
        r"\frac{{\partial J}}{{\partial b^{{(1)}}_{{{r}}}}}",
    ),
    "dW2": (
        r"\frac{\partial J}{\partial W^{(2)}}",
        r"\frac{{\partial J}}{{\partial W^{{(2)}}_{{1,{r}}}}}",
    ),
    "db2": (
        r"\frac{\partial J}{\partial b^{(2)}}",
        r"\frac{{\partial J}}{{\partial b^{{(2)}}_{{1}}}}",
    ),
}

HELP = {
    "X": ("The samples, one a column, one input a row.", "样本：每列一个样本，每行一个输入。"),
    "Y": ("What each sample should give: 0 or 1.", "每个样本的标签：0 或 1。"),
    "W1": (
        "Weights from the inputs to the hidden units: column j leads into unit j.",
        "从输入层到隐藏层的权重：第 j 列通向隐藏单元 j。",
    ),
    "b1": ("One bias for each hidden unit.", "每个隐藏单元的偏置。"),
    "W2": ("Weights from the hidden units to the output.", "从隐藏层到输出层的权重。"),
    "b2": ("The output's bias.", "输出层的偏置。"),
    "Z1": (
        "Each hidden unit adds up the inputs of a sample by its weights, and its bias.",
        "每个隐藏单元把样本的输入按权重相加，再加上偏置。",
    ),
    "A1": (
        "The sigmoid squeezes each sum between 0 and 1: the unit's activation.",
        "sigmoid 把每个和压到 0 与 1 之间：即单元的激活值。",
    ),
    "Z2": (
        "The output adds up the hidden activations by its weights, and its bias.",
        "输出层把隐藏层的激活值按权重相加，再加上偏置。",
    ),
    "A2": (
        "The sigmoid again: the probability that the sample is of class 1.",
        "再取 sigmoid：样本属于类别 1 的概率。",
    ),
    "J": (
        "The cost: the mean over all samples of minus the logarithm of the probability given to "
        "the truth, computed from Z2 so that it stays finite.",
        "所有样本的误差函数：真实类别所得概率的负对数的平均值，由 Z2 计算，因此总是有限的。",
    ),
    "dZ2": (
        "How far each probability is from the truth; it is the slope of the sample's cost by z2.",
        "每个概率与真实值之差，也就是该样本的误差函数对 z2 的偏导。",
    ),
    "dW2": (
        "The slope of the cost by each weight into the output: activation times error, "
        "averaged over the samples.",
        "误差函数对输出层每个权重的偏导：激活值乘以误差，再对样本取平均。",
    ),
    "db2": (
        "The slope of the cost by the output's bias: the mean error.",
        "误差函数对输出层偏置的偏导：误差的平均值。",
    ),
    "dZ1": (
        "The error carried back to each hidden unit: through its weight, times the slope of the "
        "sigmoid where it stands.",
        "传回每个隐藏单元的误差：乘以其输出权重，再乘以 sigmoid 在该处的斜率。",
    ),
    "dW1": (
        "The slope of the cost by each weight into the hidden layer: input times error, "
        "averaged over the samples.",
        "误差函数对隐藏层每个权重的偏导：输入乘以误差，再对样本取平均。",
    ),
    "db1": (
        "The slope of the cost by each hidden bias: the unit's mean error.",
        "误差函数对隐藏层每个偏置的偏导：该单元误差的平均值。",
    ),
    "update": (
        "Every parameter goes a step against its slope.",
        "每个参数沿其偏导的反方向走一步（梯度下降）。",
    ),
}
