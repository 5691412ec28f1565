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

{{/* What every pod may do: nothing but run. */}}
{{- define "tocsin.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{/* What every pod mounts: its configuration, its way to log in, the authority. Takes a
     dictionary of root, user (a stage, or setup) and secret. */}}
{{- define "tocsin.volumes" -}}
- name: config
  configMap: {name: {{ include "tocsin.fullname" .root }}-{{ .user }}}
{{- if include "tocsin.login" .root }}
- name: nats
  secret:
    secretName: {{ required (printf "the Secret with which %s logs in to NATS is not named: set its secret, or nats.auth to none" .user) .secret }}
    defaultMode: 0440
{{- end }}
{{- with .root.Values.nats.tls.caSecret }}
- name: ca
  secret:
    secretName: {{ . }}
    items: [{key: ca.crt, path: ca.crt}] # never its key
{{- end }}
{{- end -}}

{{- define "tocsin.mounts" -}}
- {name: config, mountPath: /etc/tocsin/config, readOnly: true}
{{- if include "tocsin.login" . }}
- {name: nats, mountPath: /etc/tocsin/nats, readOnly: true}
{{- end }}
{{- if .Values.nats.tls.caSecret }}
- {name: ca, mountPath: /etc/tocsin/ca, readOnly: true}
{{- end }}
{{- end -}}

{{/* One zone is not to have all of a stage. Takes a dictionary of root and stage. */}}
{{- define "tocsin.apart" -}}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: topology.kubernetes.io/zone
        labelSelector:
          matchLabels:
            {{- include "tocsin.selector" .root | nindent 12 }}
            app.kubernetes.io/component: {{ .stage }}
{{- end -}}

{{/* The way to NATS, and to its name. */}}
{{- define "tocsin.natsEgress" -}}
- ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
  {{- with .Values.networkPolicy.dnsTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
- ports:
    {{- range .Values.networkPolicy.natsPorts }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  {{- with .Values.networkPolicy.natsTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Whether there is something to log in with. */}}
{{- define "tocsin.login" -}}
{{- if or (ne .Values.nats.auth "none") .Values.nats.tls.clientCertificates }}yes{{ end -}}
{{- end -}}

{{/* tocsin.yaml of one user: what the chart decides, log, and the section of its stage.
     Takes a dictionary of root, stage and, if it is not the stage, user. */}}
{{- define "tocsin.config" -}}
{{- $v := .root.Values -}}
{{- $nats := dict "url" $v.nats.url "prefix" $v.nats.prefix "replicas" (int $v.nats.replicas) -}}
{{- with $v.nats.domain }}{{ $_ := set $nats "domain" . }}{{ end -}}
{{- if $v.nats.inboxes }}{{ $_ := set $nats "inbox" (printf "_INBOX_%s" (.user | default .stage)) }}{{ end -}}
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
{{- if eq .stage "ingest" }}{{ with $v.config.canary }}{{ $_ := set $config "canary" . }}{{ end }}{{ end -}}
{{- toYaml $config -}}
{{- end -}}
