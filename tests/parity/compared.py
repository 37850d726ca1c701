"""By what each public name of refimpl is compared: data, for the test that none is left out."""

from __future__ import annotations

# Layer cases beside torch (`parity/cases/`): every function of the registry and its backward.
# What else there is stands here, by what compares it.

# What a case's properties compare, and the case.
BY_PROPERTIES = {
    "max_pool1d_with_indices": "max_pool1d[overlap]",
    "max_pool2d_with_indices": "max_pool2d[overlap 3 stride 2]",
    "max_pool3d_with_indices": "max_pool3d[gaps]",
    "adaptive_max_pool1d_with_indices": "adaptive_max_pool1d[5 to 3]",
    "adaptive_max_pool2d_with_indices": "adaptive_max_pool2d[windows overlap]",
    "adaptive_max_pool3d_with_indices": "adaptive_max_pool3d[windows overlap]",
    "AdaptiveAvgPool2d": "adaptive_avg_pool2d[windows overlap]",
    "AdaptiveMaxPool2d": "adaptive_max_pool2d[windows overlap]",
    "Add": "add[maps]",
    "AvgPool2d": "avg_pool2d[one sample]",
    "BatchNorm": "batch_norm[eps 0.5]",
    "GroupNorm": "group_norm[plain]",
    "LayerNorm": "layer_norm[maps]",
    "LocalResponseNorm": "local_response_norm[volumes]",
    "ChannelShuffle": "channel_shuffle[two groups of three]",
    "Concatenate": "concatenate[two maps]",
    "Conv2d": "conv2d[plain]",
    "ConvTranspose2d": "conv_transpose2d[plain]",
    "Dropout": "dropout[maps]",
    "ELU": "elu[maps]",
    "Flatten": "flatten[maps]",
    "GlobalAvgPool": "global_avg_pool[a map]",
    "GlobalMaxPool": "global_max_pool[a map]",
    "GELU": "gelu[maps]",
    "Hardsigmoid": "hardsigmoid[maps]",
    "Hardswish": "hardswish[maps]",
    "LeakyReLU": "leaky_relu[maps]",
    "Linear": "linear[plain]",
    "Multiply": "multiply[a factor of each map]",
    "MaxPool2d": "max_pool2d[overlap 3 stride 2]",
    "Mean": "mean[of each map]",
    "PReLU": "prelu[maps]",
    "Pad": "pad[reflect, a map]",
    "ReLU": "relu[maps]",
    "Reshape": "reshape[maps as a vector]",
    "SiLU": "silu[maps]",
    "Sigmoid": "sigmoid[maps]",
    "SliceAxis": "slice_axis[rows of maps]",
    "Softmax": "softmax[plain]",
    "Softplus": "softplus[maps]",
    "Tanh": "tanh[maps]",
    "Transpose": "transpose[channels last]",
    "conv_output_size": "conv2d[plain]",
    "conv_parameters": "conv2d[plain]",
    "pool_output_size": "max_pool2d[one sample]",
    "dense_parameters": "linear[plain]",
    "dense_connections": "linear[plain]",
    "shared_conv_parameters": "shared_conv2d[plain]",
    "local_connections": "conv2d[plain]",
    "local_parameters": "conv2d[plain]",
    "receptive_field": "conv2d[plain]",
    "window_counts": "conv2d[plain]",
    # of a network: its initial weights, its training
    "uniform": "small_tanh",
    "he_normal": "small_tanh",
    "train": "xor",
    "Optimizer": "small_adam",
    "update": "xor",
    "gradient_descent": "xor",
}

# What builds a network that is compared layer by layer with torch, and the network.
BY_NETWORKS = {
    "lenet": "lenet",
    "alexnet": "alexnet",
    "mlp": "xor",
    "resnet18": "resnet18",
    "basic_block": "small_resnet",
    "residual_network": "residual",
    "residual_block": "residual",
    "inception_network": "inception",
    "inception_block": "inception",
    "Network": "fan_out",
    "Sequential": "small_relu",
    "Block": "residual",
}

# What a training of a network calls at every step: `parity.judges.training`, beside torch.
BY_TRAINING = ("descend", "loss_and_grads")

# What evidence of `parity audit` runs: statements of the documents that name it.
BY_AUDIT = (
    *("DIAGONAL", "EDGE_1", "EDGE_2", "HAAR", "LAPLACIAN", "LINE"),
    *("SCHARR_X", "SCHARR_Y", "SOBEL_X", "SOBEL_Y", "UPPER_STROKE"),
    *("gaussian_kernel", "haar_kernel"),
)

# What other functions return, and where: compared field by field with them.
RETURNED = {
    "AddGrads": "add_backward",
    "Conv1dGrads": "conv1d_backward",
    "Conv2dGrads": "conv2d_backward",
    "Conv3dGrads": "conv3d_backward",
    "DivideGrads": "divide_backward",
    "MultiplyGrads": "multiply_backward",
    "SubtractGrads": "subtract_backward",
    "PowerGrads": "power_backward",
    "CorrelationGrads": "correlate2d_backward",
    "SharedConv2dGrads": "shared_conv2d_backward",
    "LinearGrads": "linear_backward",
    "PReLUGrads": "prelu_backward",
    "WeightedPool2dGrads": "weighted_pool2d_backward",
    "NormGrads": "batch_norm_backward",
    "LayerGrads": "Linear",
    "NetworkGrads": "loss_and_grads",
    "Step": "loss_and_grads",
    "Descent": "gradient_descent",
    "Parameters": "conv_parameters",
    "ReceptiveField": "receptive_field",
    "Layer": "Linear",  # the class of every layer
}
