{{- define "tocsin.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* The longest suffix, -correlate, must fit into 63 characters. */}}
{{- define "tocsin.fullname" -}}
{{- $name := include "tocsin.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "tocsin.selector" -}}
app.kubernetes.io/name: {{ include "tocsin.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "tocsin.labels" -}}
{{ include "tocsin.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "tocsin.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "tocsin.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "tocsin.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end -}}

{{/* Whether the stage polls feeds of this chart's ConfigMap. */}}
{{- define "tocsin.feeds" -}}
{{- if or .Values.feeds.opml .Values.feeds.starter }}yes{{ end -}}
{{- end -}}

{{/* How readers come and go, the same for KEDA's autoscaler and for ours. */}}
{{- define "tocsin.behavior" }}
behavior:
  # News comes in bursts: grow at once, and shrink when it has long been quiet.
  scaleUp:
    stabilizationWindowSeconds: 0
    policies: [{type: Percent, value: 100, periodSeconds: 30}]
  scaleDown:
    stabilizationWindowSeconds: 600
    policies: [{type: Pods, value: 1, periodSeconds: 60}]
{{- end -}}

{{/* tocsin.yaml of one stage: what the chart decides, log, and its own section.
     Takes a dictionary of root and stage. */}}
{{- define "tocsin.config" -}}
{{- $v := .root.Values -}}
{{- $nats := dict "url" $v.nats.url "prefix" $v.nats.prefix "replicas" (int $v.nats.replicas) -}}
{{- with $v.nats.domain }}{{ $_ := set $nats "domain" . }}{{ end -}}
{{- $login := dict "nkey" "nkey_file" "token" "token_file" "credentials" "credentials_file" -}}
{{- with get $login $v.nats.auth -}}
{{- $_ := set $nats . (printf "/etc/tocsin/nats/%s" (ternary "user.creds" $v.nats.auth (eq $v.nats.auth "credentials"))) -}}
{{- end -}}
{{- $tls := dict -}}
{{- if $v.nats.tls.caSecret }}{{ $_ := set $tls "ca_file" "/etc/tocsin/ca/ca.crt" }}{{ end -}}
{{- if $v.nats.tls.clientCertificates -}}
{{- $_ := set $tls "cert_file" "/etc/tocsin/nats/tls.crt" -}}
{{- $_ := set $tls "key_file" "/etc/tocsin/nats/tls.key" -}}
{{- end -}}
{{- with $tls }}{{ $_ := set $nats "tls" . }}{{ end -}}
{{- $section := deepCopy (get $v.config .stage | default dict) -}}
{{- if and (eq .stage "ingest") (include "tocsin.feeds" .root) -}}
{{- $_ := set $section "opml" (prepend ($section.opml | default list) "/etc/tocsin/feeds/feeds.opml") -}}
{{- end -}}
{{- $config := dict "log" $v.config.log "http" (dict "listen" ":9465") "stop" (printf "%ds" (int $v.stopSeconds)) "nats" $nats -}}
{{- with $section }}{{ $_ := set $config $.stage . }}{{ end -}}
{{- toYaml $config -}}
{{- end -}}
