// SPDX-License-Identifier: MIT
/* Prints what the device can do with shared virtual memory. Status 4 without the system kind. */
#include "sample.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	static const struct {
		cl_device_svm_capabilities bit;
		const char *name;
	} kinds[] = {
		{ CL_DEVICE_SVM_COARSE_GRAIN_BUFFER, "coarse-grain buffer" },
		{ CL_DEVICE_SVM_FINE_GRAIN_BUFFER, "fine-grain buffer" },
		{ CL_DEVICE_SVM_FINE_GRAIN_SYSTEM, "fine-grain system" },
		{ CL_DEVICE_SVM_ATOMICS, "atomics" },
	};
	struct sample s = {
		.name = "svm-info",
		.summary = "Prints what the device can do with shared virtual memory.",
	};
	cl_device_svm_capabilities svm = 0;
	char text[256];

	sample_open(&s, argc, argv);
	printf("device: %s\n", s.device_name);
	CL(clGetDeviceInfo(s.device, CL_DEVICE_VERSION, sizeof(text), text, NULL));
	printf("version: %s\n", text);
	CL(clGetDeviceInfo(s.device, CL_DRIVER_VERSION, sizeof(text), text, NULL));
	printf("driver: %s\n", text);
	CL(clGetDeviceInfo(s.device, CL_DEVICE_SVM_CAPABILITIES, sizeof(svm), &svm, NULL));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		printf("svm %s: %s\n", kinds[i].name, svm & kinds[i].bit ? "yes" : "no");
	CL(clReleaseCommandQueue(s.queue));
	CL(clReleaseContext(s.context));
	return svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM ? SAMPLE_OK : SAMPLE_DEVICE;
}
