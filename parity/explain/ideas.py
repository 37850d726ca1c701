"""Pages on ideas: a word or a question, what it means, and the example to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parity.explain import output_sizes, training_in_numbers, windows_in_numbers
from parity.explain.forms import forms_called, show
from parity.explain.setting_up import demonstration
from parity.explain.sheet import Sheet
from parity.explain.symbols_written import Formulas
from parity.explain.worked_example import Example


@dataclass(frozen=True)
class Idea:
    """A page.

    words: what people type for it, English and Chinese, beside those of the title;
    example: a function, and the size that shows it; forms: titles in `parity.explain.forms`;
    see: names of functions, statements and mistakes to go on to; formula: its lines, the same in
    every language; own: what shows the idea itself in numbers, if an example does not; more:
    further examples, each a function, a size and a place.
    """

    name: str
    title: str
    text: str
    words: tuple[str, ...]
    example: str = ""
    size: str = ""
    at: str = ""
    forms: tuple[str, ...] = ()
    see: tuple[str, ...] = ()
    formula: tuple[str, ...] = ()
    own: Callable[[Sheet], None] | None = None
    more: tuple[tuple[str, str, str], ...] = ()


IDEAS: tuple[Idea, ...] = (
    Idea(
        "convolution",
        "convolution: a small kernel slides over the input",
        "At every place the kernel lies on a window of the input; the numbers that lie on each "
        "other are multiplied and added to one number of the output. The kernel is not turned: "
        "in mathematics that is a cross-correlation, and a convolution turns the kernel first.",
        ("convolve", "conv", "kernel", "filter", "correlation", "cross-correlation",
         "cross correlation", "convolution or correlation", "1x1 convolution", "1×1 convolution",
         "pointwise convolution", "window", "卷积", "卷积层", "卷积核", "滤波器", "互相关",
         "1×1卷积",
         "卷积运算"),
        "conv2d", "4x4 kernel 3x3", "0,0,0,1",
        forms=("the convolution of mathematics turns the kernel first",
               "a 1×1 convolution is a dense layer at every place"),
        see=("conv2d", "D0.1", "D2.1", "D0.16", "conv-kernel-turned", "turned-kernel"),
    ),
    Idea(
        "pooling",
        "pooling: each window becomes one number",
        "The largest (max pooling) or the mean (average pooling) of each window of each map; "
        "nothing is learned. Most networks let the windows lie side by side (stride = "
        "kernel_size, the default), so that rows and columns get fewer.",
        ("pool", "max pooling", "maximum pooling", "average pooling", "subsampling", "downsampling",
         "池化", "池化层", "最大池化", "下采样", "降采样"),
        "max_pool2d", "4x4 kernel 2", "0,0,0,1",
        forms=("windows side by side: two more axes, and the maximum over them",
               "windows side by side: two more axes, and the mean over them"),
        more=(("avg_pool2d", "4x4 kernel 2", "0,0,0,1"),),
        see=("max_pool2d", "avg_pool2d", "max-pooling-gradient", "average-pooling-gradient",
         "D0.4"),
    ),
    Idea(
        "cross-entropy-loss",
        "the cross-entropy: how surprised the network is",
        "−log of the probability that the softmax gives to the right class: near 0 if it is sure "
        "and right, large if it is sure and wrong. refimpl computes it from the logits, which "
        "keeps its digits; unless reduction says otherwise it takes the mean over the samples.",
        ("cross entropy", "cross-entropy", "loss", "loss function", "softmax loss",
         "negative log likelihood", "log loss", "logits", "交叉熵", "损失", "损失函数",
         "softmax损失",
         "交叉熵损失"),
        "cross_entropy", "2x3 reduction none", "0",
        forms=("cross-entropy of a class: minus the logarithm of its probability",
               "softmax and cross-entropy together: the gradient is o − t"),
        formula=("L = −log o_t,  o = softmax(logits)",),
        own=training_in_numbers.surprise,
        see=("cross_entropy_backward", "softmax-derivative", "D2.14",
         "cross-entropy-softmax-twice"),
    ),
    Idea(
        "residual-connection",
        "a residual connection: dy goes both ways",
        "h = x + f(x): the sum passes dy to both of its terms as it is. So the gradient reaches "
        "x on the short way too, whatever f makes of its own share.",
        ("residual", "residual block", "skip connection", "shortcut", "resnet", "残差连接",
         "残差块",
         "残差网络", "跳跃连接"),
        "add_backward", "3",
        see=("residual_block", "resnet18", "D4.16", "add-skip-gradient-missing"),
    ),
    Idea(
        "gradient-check",
        "checking a gradient of your own",
        "`parity check mine.py:f` judges a layer against exact derivatives, and says which "
        "mistake gives just these numbers; `parity gradients` does it for arrays. Neither uses "
        "finite differences of floats, as other checkers do: their own error hides small "
        "mistakes.",
        ("gradient checking", "grad check", "gradcheck", "numerical gradient", "finite difference",
         "finite differences", "check my layer", "my own layer", "梯度检验", "数值梯度",
         "有限差分"),
        own=training_in_numbers.differences,
        see=("conv2d_backward", "linear_backward", "max_pool2d_backward"),
    ),
    Idea(
        "gradient-descent",
        "gradient descent: a step against the gradient",
        "Every parameter takes a step against its gradient, then comes the next batch. The "
        "gradient points to where the loss grows fastest, so the step goes the other way; if it "
        "is too large, the loss may grow all the same.",
        ("learning rate", "training", "update", "step size", "optimizer", "weight decay",
         "梯度下降", "学习率", "训练",
         "参数更新", "随机梯度下降", "优化器", "权重衰减"),
        formula=("w ← w − learning_rate · ∂L/∂w",),
        own=training_in_numbers.steps,
        see=("descend", "gradient_descent", "sgd_step", "adam_step", "train", "D0.14"),
    ),
    Idea(
        "stride",
        "stride: how far the window moves",
        "The window moves by s places each time, not by one, so along each axis the output is "
        "about s times smaller. What the last step does not reach is left out. Going back, dx is "
        "what stride 1 would give if s − 1 zeros stood between the elements of dy.",
        ("step", "strides", "步幅", "步长", "滑动步长"),
        "conv2d", "5x5 kernel 3x3 stride 2", "0,0,0,1",
        formula=(output_sizes.FORMULA,),
        forms=("dx of stride 2: dy with zeros between its elements, then as of stride 1",),
        see=("conv_output_size", "dx-stride-forgotten", "D3.3"),
    ),
    Idea(
        "padding",
        "padding: a frame of zeros around the input",
        "Zeros are put around the input, so that windows may hang over the edge; they add "
        "nothing to a sum, which is why the terms of the padding are missing below. padding 1"
        " puts one zero on each side, two along each axis. \"same\" keeps ⌈size/stride⌉ "
        "windows; what it needs is shared out to both sides, an odd zero goes behind. \"full\" "
        "takes every window that overlaps the input in one element at least, \"valid\" has no "
        "padding. max_pool2d never takes a padded place, even where all of x in a window is "
        "negative.",
        ("pad", "same", "valid", "zero padding", "border", "edge", "填充", "补零", "边缘"),
        "conv2d", "3x3 kernel 3x3 padding 1", "0,0,0,0",
        formula=(output_sizes.FORMULA,),
        own=windows_in_numbers.sides,
        see=("conv_output_size", "D2.12", "D1.15", "max-padding-takes-part"),
    ),
    Idea(
        "dilation",
        "dilation: gaps between the places of a window",
        "The window reads every d-th place. It sees farther with as few weights.",
        ("dilated", "atrous", "空洞卷积", "膨胀", "扩张卷积"),
        "conv2d", "5x5 kernel 2x2 dilation 2", "0,0,0,0",
        formula=("span = d·(k − 1) + 1",),
        see=("receptive_field", "conv-dilation-ignored"),
    ),
    Idea(
        "groups",
        "groups: kernels that see a part of the channels",
        "The channels are shared out to g groups; each output sees the channels of its own group "
        "alone, so there are g times fewer weights. With as many groups as channels each map has "
        "kernels of its own (depthwise).",
        ("grouped", "depthwise", "separable", "分组卷积", "深度可分离"),
        "conv2d", "3x3 kernel 2x2 channels 2 outputs 2 groups 2", "0,1,0,0",
        see=("conv_parameters", "conv-groups-mixed"),
    ),
    Idea(
        "channels",
        "channels: one sum over all maps of the input",
        "A kernel has a layer for each channel of the input; the products of all layers are "
        "added to one number. As many kernels as outputs. Arrays are samples × channels × "
        "rows × columns (NCHW); a matrix gets the two axes in front by x[None, None], an "
        "image of several channels the first one by x[None].",
        ("channel", "nchw", "nhwc", "batch axis", "feature map", "feature maps", "rgb", "depth",
         "通道", "特征图", "多通道", "x[None]"),
        "conv2d", "3x3 kernel 2x2 channels 2", "0,0,0,0",
        forms=("an image without batch and channel axis gets them by None",),
        see=("D2.2", "D0.3", "conv-first-channel-alone"),
    ),
    Idea(
        "turned-kernel",
        "why the kernel is turned by 180°",
        "With stride 1 the output at h reads the input at h + i with weight[i]. Going back, "
        "the input at u has gone into the outputs h = u − i: the larger i is, the smaller is "
        "the h of the dy that weight[i] meets. So the weights meet dy in the opposite order, "
        "and that is the correlation with the turned kernel, in a frame of zeros (\"full\"). "
        "Forward nothing is turned: what networks call convolution is a correlation.",
        ("turn", "turned", "rotate the filter", "flip", "flipped", "rotate", "rotated", "rot 180",
         "180", "翻转", "旋转", "旋转180度"),
        "conv2d_backward", "3x3 kernel 2x2", "dx[0,0,1,1]",
        forms=(
            "dx: scattering weight · dy is the full correlation with the turned kernel",
            "and that is the convolution of mathematics with the kernel as it stands",
            "the convolution of mathematics turns the kernel first",
        ),
        see=("rot180", "D0.12", "D2.25", "dx-kernel-not-turned", "conv-kernel-turned"),
    ),
    Idea(
        "transposed-convolution",
        "transposed convolution: what dx of a convolution computes",
        "Every element of its input is multiplied by the whole kernel and added into the output: "
        "the gradient dx of a convolution, with dy as the input. So its weight is the "
        "convolution's, inputs first; padding crops the output, and output_padding says which of "
        "the images is meant that a stride makes equally large.",
        ("deconvolution", "deconv", "transpose", "convtranspose", "ConvTranspose2d",
         "fractional stride", "转置卷积", "反卷积"),
        "conv_transpose2d", "2x2 kernel 3x3 stride 2 padding 1", "0,0,1,1",
        forms=(
            "the transposed convolution ('deconvolution') of z is dx of the convolution, dy = z",
            "every place brings a whole kernel; where windows meet, their parts are added",
            "a transposed convolution slides the turned kernel, axes swapped, over x with gaps",
        ),
        own=windows_in_numbers.scatter,
        see=("conv_transpose2d", "conv_transpose2d_backward", "conv2d_backward", "upsample",
             "transposed-padding-added", "transposed-stride-and-dilation-swapped"),
    ),
    Idea(
        "adaptive-pooling",
        "adaptive and global pooling: the output's size is given, not the window's",
        "Window i of an axis reaches from ⌊i·H/H_out⌋ to ⌈(i + 1)·H/H_out⌉. Where H_out does not "
        "divide H, windows differ in size and share places, so each mean has a divisor of its own. "
        "With one window along each axis it is the pooling of whole maps.",
        ("AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "global average pooling", "GAP",
         "GlobalAveragePooling2D", "global pooling", "自适应池化", "全局平均池化"),
        "adaptive_avg_pool2d", "5x3 output_size 3x2", "0,0,1,0",
        forms=("the pooling of whole maps is a mean over their places",),
        see=("adaptive_avg_pool2d", "adaptive_max_pool2d", "global_avg_pool",
             "adaptive-windows-of-one-size", "average-pooling-gradient"),
    ),
    Idea(
        "padding-modes",
        "reflect, replicate, circular: a frame that is filled from x",
        "reflect mirrors x at its border, which is not repeated; replicate repeats the border; "
        "circular goes on at the other end. A place of x then has several copies, and its gradient "
        "is the sum over all of them: whoever cuts the frame off loses it. np.pad calls replicate "
        "edge and circular wrap; its symmetric, which repeats the border, is no mode of torch. "
        "Padding here is (before, after) for each axis in the order of the axes; torch's is flat "
        "and begins with the last axis: F.pad(x, (left, right, top, bottom)) is "
        "pad(x, ((top, bottom), (left, right))).",
        ("ReflectionPad2d", "ReplicationPad2d", "CircularPad2d", "ZeroPad2d", "ConstantPad2d",
         "F.pad", "np.pad", "padding_mode", "padding mode", "reflection padding",
         "reflect padding", "replicate padding", "circular padding", "edge padding", "wrap",
         "symmetric padding", "mirror padding", "反射填充", "镜像填充", "复制填充", "循环填充",
         "填充模式"),
        "pad_backward", "2x3 padding 1 mode replicate", "0,0,0,0",
        forms=tuple(f"np.pad, whose name of the mode is {mode!r}" for mode in
                    ("reflect", "edge", "wrap")),
        see=("pad", "pad_backward", "pad-gradient-cropped", "pad-border-repeated",
             "pad-axes-from-last", "padding"),
    ),
    Idea(
        "im2col",
        "im2col: a convolution as one matrix product",
        "Each window becomes a column, each kernel a row; the convolution is their product, and "
        "dweight is dy times the columns. An element that lies in several windows stands in "
        "several columns; col2im, the way back, adds them.",
        ("col2im", "unfold", "fold", "matrix product", "gemm", "patches", "矩阵乘法"),
        "conv2d", windows_in_numbers.IM2COL, "0,1,0,1",
        forms=("im2col: every window a column, then one matrix product",
               "dweight by im2col: dy times the windows"),
        own=windows_in_numbers.im2col,
        see=("conv2d", "conv2d_backward"),
    ),
    Idea(
        "bias-gradient",
        "the gradient of a bias: the sum of dy",
        "One bias is added at every place of every sample, with the factor 1; so its gradient is "
        "the sum of dy over all of them, one for each output channel or node.",
        ("bias", "dbias", "db", "偏置", "偏置的梯度", "偏置梯度"),
        "conv2d_backward", "3x3 kernel 2x2 outputs 2", "dbias[1]",
        see=("D0.13", "D2.27", "D1.26", "dbias-of-last-sample"),
    ),
    Idea(
        "weight-sharing",
        "shared weights: why dweight is a sum over all places",
        "One weight is used in every window of every sample. Each use is a path on which the "
        "loss feels it, and a gradient is the sum over all paths.",
        ("weight gradient", "dweight", "dw", "shared", "sharing", "权重共享", "权值共享",
         "kernel gradient", "gradient of the kernel", "权重的梯度", "卷积核的梯度"),
        "conv2d_backward", "3x3 kernel 2x2", "dweight[0,0,0,1]",
        forms=("dweight: a convolution of x with dy as its kernel",),
        see=("D0.13", "D2.24", "D3.9", "dweight-three-terms", "conv_parameters"),
    ),
    Idea(
        "chain-rule",
        "the chain rule, and what dy is",
        "dy is ∂L/∂y: for each element of the output how fast the loss L grows with it. An "
        "argument's gradient is, for each element, the sum over the outputs it goes into: dy "
        "there, times how fast that output grows with it. Every backward here takes dy first.",
        ("upstream", "upstream gradient", "dy", "backpropagation", "backprop", "backward",
         "gradient", "delta", "residual δ", "jacobian", "链式法则", "反向传播", "梯度", "上游梯度",
         "残差"),
        "linear_backward", "2 outputs 2 batch 1", "dx[0,0]",
        formula=("∂L/∂x_j = Σ_i dy_i · ∂y_i/∂x_j",),
        see=("conv2d_backward", "linear_backward", "D1.5", "D0.10"),
    ),
    Idea(
        "max-pooling-gradient",
        "the gradient of max pooling: all of dy to the maximum",
        "Of each window only the largest element reaches the output, so it gets all of dy and the "
        "others 0. Where windows overlap, an element may get several. D1 copies dy to all four "
        "places: that is wrong (D1.23).",
        ("max pooling derivative", "argmax", "max pool backward", "pooling backward",
         "unpooling", "backprop through pooling", "最大池化的梯度", "最大池化反向传播",
         "池化层的反向传播", "上采样"),
        "max_pool2d_backward", "4x4 kernel 2",
        forms=("upsample: each dy to the place of the maximum, 0 elsewhere",),
        see=("D1.23", "D2.28", "upsample", "max-ties-all"),
    ),
    Idea(
        "ties",
        "ties: two equal maxima in one window",
        "Where the two largest elements are equal, a maximum has no derivative; one has to "
        "choose. torch and refimpl give dy to the first one, row by row (ties=\"first\"); D2 as "
        "printed to all of them (ties=\"all\"), so that more goes back than came.",
        ("tie", "equal maxima", "equal maximum", "same maximum", "相等", "并列", "多个最大值"),
        "max_pool2d_backward", "2x2 kernel 2 values equal", "0,0,0,0",
        more=(("max_pool2d_backward", "2x2 kernel 2 values equal ties all", "0,0,0,1"),),
        see=("D2.28", "max-ties-all", "max-ties-last"),
    ),
    Idea(
        "average-pooling-gradient",
        "the gradient of average pooling: dy shared out equally",
        "Each of the n elements of a window has the factor 1/n in its mean, so each gets dy/n: dy"
        " enlarged to the size of the window (upsample) and divided. Zeros of the padding count "
        "among the n unless count_include_pad=False; what goes to them is lost.",
        ("average pooling derivative", "mean pooling", "avg pool backward", "upsampling",
         "平均池化的梯度", "平均池化反向传播", "平均池化", "平均池化的反向传播"),
        "avg_pool2d_backward", "4x4 kernel 2", "0,0,0,1",
        forms=("upsample: each dy/4 to the four places of its window",),
        see=("D0.11", "D2.28", "average-not-divided"),
    ),
    Idea(
        "softmax-derivative",
        "softmax's derivative, alone and with its loss",
        "Each output depends on every input. In a classifier the cross-entropy −log o_t stands "
        "behind it, and then nearly all cancels: for each sample the gradient of both together is "
        "o − t, the probabilities minus 1 at the right class; 1/N of it, if the loss is the mean.",
        ("softmax gradient", "derivative", "o minus t", "o - t", "softmax jacobian",
         "cross entropy gradient", "softmax loss gradient", "softmax的导数", "softmax求导",
         "softmax 导数", "交叉熵的梯度", "导数", "求导"),
        "softmax_backward", "3", "0",
        forms=("softmax's Jacobian ∂y_i/∂x_j = y_i (δ_ij − y_j), times dy",
               "softmax and cross-entropy together: the gradient is o − t"),
        formula=("∂o_i/∂x_j = o_i · (δ_ij − o_j)", "∂L/∂x = o − t"),
        own=training_in_numbers.minus_target,
        see=("cross_entropy_backward", "D2.17", "D1.28", "softmax-diagonal-alone"),
    ),
    Idea(
        "stable-softmax",
        "why the maximum is subtracted first",
        "e^1000 is larger than any float. Subtracting the same number from all logits does not "
        "change a softmax; with the maximum no power is larger than e^0 = 1, and nothing "
        "overflows.",
        ("overflow", "stable", "numerically stable", "numerical stability", "nan", "inf",
         "max subtracted", "log sum exp", "logsumexp", "溢出", "数值稳定", "减去最大值"),
        "softmax", "3", "0",
        forms=("adding a number to all logits changes nothing",
               "the logarithm of a softmax; but log(softmax) loses digits where it is tiny"),
        own=training_in_numbers.large_logits,
        see=("log_softmax", "softmax-overflows", "D1.29"),
    ),
    Idea(
        "relu-at-zero",
        "ReLU's derivative, and at 0",
        "The slope is 1 where x > 0 and 0 where x < 0: dy passes or not. At 0 there is none; "
        "torch takes 0, D2 prints 1 (at_zero=1). A unit whose x is negative for every sample "
        "gets no gradient, and gradient descent leaves its weights as they are (a dead ReLU).",
        ("relu derivative", "relu gradient", "dead relu", "kink", "dying relu", "die", "dies",
         "relu的导数", "relu反向传播", "relu求导", "死亡relu"),
        "relu_backward", "5",
        more=(("relu_backward", "5 at_zero 1", "2"),),
        see=("D2.19", "leaky_relu_backward"),
    ),
    Idea(
        "vanishing-gradient",
        "why gradients vanish behind a sigmoid",
        "The derivative o(1 − o) is at most 1/4 (at x = 0), and tiny where |x| is large: each"
        " such layer multiplies what goes back by it. The layers' weights multiply it, too: "
        "if they are small, little arrives in front; if they are large, it may grow from "
        "layer to layer (an exploding gradient).",
        ("vanishing", "vanish", "exploding gradient", "explode",
         "梯度爆炸", "saturation", "saturated", "sigmoid derivative", "梯度消失",
         "sigmoid的导数", "sigmoid求导", "饱和"),
        "sigmoid_backward", "3",
        forms=("by the value: dy · y · (1 − y)",),
        formula=("∂L/∂x = dy · o · (1 − o),  o = sigmoid(x)",),
        own=training_in_numbers.vanishing,
        see=("D1.32", "D1.10", "relu_backward", "residual_block"),
    ),
    Idea(
        "dense-layer",
        "the dense (fully connected) layer and its gradients",
        "Each output is a weighted sum of all inputs and a bias; going back, each input gets the "
        "sum of dy over the outputs, with the same weights.",
        ("dense", "fully connected", "fc", "affine", "mlp layer", "matrix product layer",
         "全连接层", "全连接", "全连接层的反向传播"),
        "linear_backward", "3 outputs 2 batch 2", "dx[0,0]",
        forms=("three matrix products: dx = dy W, dweight = dyᵀ x, dbias = the column sums of dy",),
        formula=("y = W x + b",),
        see=("linear", "D0.10", "D2.21", "D1.9"),
    ),
    Idea(
        "mean-over-batch",
        "mean or sum over the samples: where 1/N belongs",
        "The loss divides by the number of samples N, once. Then dy is 1/N times as large, and "
        "every gradient of a weight is a plain sum over the samples; dividing there again is a "
        "mistake. With the sum instead of the mean all gradients are N times as large.",
        ("batch", "reduction", "1/N", "average over samples", "mean over samples", "minibatch",
         "gradient too large",
         "批", "批次", "除以样本数", "小批量"),
        formula=("L = 1/N · Σ_n l_n", "∂L/∂w = Σ_n dy_n · ∂y_n/∂w,  dy_n = 1/N · ∂l_n/∂y_n"),
        own=training_in_numbers.divided_once,
        see=("D0.14", "cross-entropy-mean-left-out", "dweight-averaged"),
    ),
    Idea(
        "output-size",
        "how large the output is",
        "So many windows fit along each axis. before and after are the zeros on the two sides: "
        "padding 1 puts one on each, so before + after = 2. With ceil_mode (pooling) the quotient"
        " is rounded up, so that what is left over at the edge is kept, unless that window would "
        "start behind the input.",
        ("size", "shape", "output shape", "how many windows", "ceil", "ceil_mode", "输出尺寸",
         "输出大小", "特征图大小", "尺寸计算"),
        "conv2d", "5x5 kernel 3x3 stride 2 padding 1", "0,0,2,2",
        formula=(output_sizes.FORMULA,),
        more=(("max_pool2d", "5x5 kernel 2 ceil_mode yes", "0,0,2,2"),),
        see=("conv_output_size", "pool_output_size", "D3.5", "D2.12"),
    ),
    Idea(
        "parameters",
        "how many parameters a layer has",
        "A convolution has a kernel for each output and a bias for each output, whatever the "
        "image's size; a dense layer a weight for each pair of input and output.",
        ("parameter", "count", "number of weights", "how many weights", "参数", "参数个数",
         "参数数量", "连接数"),
        formula=("outputs · channels/groups · K_h · K_w + outputs", "outputs · inputs + outputs"),
        own=training_in_numbers.parameters,
        see=("conv_parameters", "dense_parameters", "local_parameters", "D1.11", "D2.31"),
    ),
    Idea(
        "receptive-field",
        "the receptive field: what one neuron sees",
        "Each layer makes the field larger by d·(k − 1) jumps; the jump, from one neuron's field "
        "to the next, is multiplied by the stride. Both start from 1: a pixel sees itself.",
        ("field", "sees", "感受野", "局部感受野", "局部连接"),
        formula=("size_l = size_(l−1) + d·(k − 1)·jump_(l−1)", "jump_l = s·jump_(l−1)"),
        own=windows_in_numbers.fields,
        see=("receptive_field", "window_counts", "D2.7", "D1.11"),
    ),
    Idea(
        "flatten-order",
        "flatten: maps laid out as one vector, and back",
        "Row by row, map by map; nothing is computed. Going back, dy is cut into the maps again.",
        ("rasterization", "rasterisation", "reshape", "vector", "展平", "光栅化", "拉平"),
        "flatten_backward", "2x2 channels 2",
        see=("flatten", "D1.19", "D1.22"),
    ),
    Idea(
        "overlapping-windows",
        "overlapping windows: the gradients are added",
        "Where the stride is smaller than the kernel, an element may lie in several windows "
        "and gets something back from each: += and not =.",
        ("overlap", "overlaps", "accumulate", "+=", "scatter", "重叠", "重叠池化", "累加"),
        "avg_pool2d_backward", "3x3 kernel 2 stride 1", "0,0,1,1",
        see=("average-overlaps-overwritten", "dx-overlaps-overwritten"),
    ),
    Idea(
        "dropout-scale",
        "dropout, and why what stays is divided by 1 − p",
        "Each element becomes 0 with probability p; the others are divided by 1 − p, so that over"
        " all masks the mean of each element is what it was. Of a single mask it need not be. The"
        " same mask and factor stand in the gradient.",
        ("inverted dropout", "mask", "1 - p", "随机失活", "丢弃"),
        "dropout", "4 p 0.25",
        formula=("y = x · mask / (1 − p)", "dx = dy · mask / (1 − p)"),
        see=("dropout_backward", "D2.13", "dropout-divided-by-p"),
    ),
)  # fmt: skip
BY_NAME = {idea.name: idea for idea in IDEAS}


def tell(sheet: Sheet, name: str, symbols: bool = False) -> None:
    """The page of an idea: what it is, in numbers, examples, equal forms, where to go on."""
    idea = BY_NAME[name]
    sheet.head(idea.title)
    sheet.text(idea.text)
    if idea.formula:
        sheet.gap()
    for line in idea.formula:
        sheet.raw(line, indent=2, hang=4)
    if idea.own and not symbols:
        sheet.head("In numbers")
        sheet.gap()
        idea.own(sheet)
    examples = ((idea.example, idea.size, idea.at), *idea.more) if idea.example else ()
    for function, size, at in examples:
        demo = demonstration(function, size)
        (Formulas if symbols else Example)(sheet, demo).tell(at)
    show(sheet, forms_called(idea.forms))
    sheet.head("Further")
    for function, size, _ in examples:
        said = f" --size '{size}'" if size else ""
        sheet.item(sheet.said("example"), f"parity explain {function}{said}")
    sheet.item(sheet.said("see also"), ", ".join(idea.see))
